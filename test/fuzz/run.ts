import { parseArgs } from 'node:util';
import { run, type Toll } from './campaign.js';
import { capture } from './capture.js';
import { Target } from './target.js';

const USAGE = `usage: npm run fuzz -- [--records N] [--seed S]

Damages N records (1,000,000) of a brick's protocol and sends them to a real hfs_brickd, while a client beside them reads.
Where the stock client can mount (root, glusterfs), records of its session are among them. Ends with one line.
`;

const EVERY_MS = 5_000;

function reporter(): (toll: Toll) => void {
  let lastMs = performance.now();
  return (toll) => {
    if (performance.now() - lastMs < EVERY_MS) return;
    lastMs = performance.now();
    process.stderr.write(`${line(toll)}\n`);
  };
}

function line(toll: Toll): string {
  const { records, answers, connections, closed, residentMb, warmMb, slowestMs } = toll;
  return [
    `${records} records`,
    `${answers} answers`,
    `${connections} connections (${closed} closed by the brick)`,
    `memory ${residentMb.toFixed(0)} MB (${warmMb.toFixed(0)} after a tenth)`,
    `slowest read beside them ${slowestMs.toFixed(0)} ms`,
  ].join(', ');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const records = Number(values.records);
  if (values.help || !Number.isSafeInteger(records) || records < 1) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const target = await Target.start();
  try {
    const captured = await capture(target);
    process.stderr.write(`${captured.length} records of a stock client's session\n`);
    const toll = await run(target, {
      records,
      seed: values.seed,
      captured,
      progress: reporter(),
    });
    const { errors } = target;
    const status = await target.stop();
    process.stdout.write(`${line(toll)}, ${errors} errors logged, ended with ${status}\n`);
    return errors === 0 && status === 0 ? 0 : 1;
  } finally {
    await target.remove();
  }
}

process.exitCode = await main();
