import { parseArgs } from 'node:util';
import { run, type Toll } from './campaign.js';
import { capture } from './capture.js';
import { type ClientToll, runClient } from './client-campaign.js';
import { Target } from './target.js';

const USAGE = `usage: npm run fuzz -- [--side brick|client] [--records N] [--seed S]

Damages N records (1,000,000) of a brick's protocol and sends them to a real hfs_brickd, while a client beside them reads.
Where the stock client can mount (root, glusterfs), records of its session are among them. Ends with one line.
With --side client the records are those of a server, and a client of ours in this process gets them.
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
      side: { type: 'string', default: 'brick' },
      help: { type: 'boolean', default: false },
    },
  });
  const records = Number(values.records);
  const isClient = values.side === 'client';
  const isUnknown = !isClient && values.side !== 'brick';
  if (values.help || isUnknown || !Number.isSafeInteger(records) || records < 1) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  if (isClient) return attackClient(records, values.seed);
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

/** A fop that never ends, and an error that is no FopError, are thrown. */
async function attackClient(records: number, seed: string): Promise<number> {
  let warmMb = 0;
  const said = (toll: ClientToll): string => {
    const { fops, replies, connections } = toll;
    const memory = `memory ${residentMb()} MB (${warmMb} after a tenth)`;
    return `${toll.records} records, ${fops} fops, ${replies} of them answered, ${connections} connections, ${memory}`;
  };
  let lastMs = performance.now();
  const toll = await runClient(records, seed, (at) => {
    if (warmMb === 0 && at.records >= records / 10) warmMb = residentMb();
    if (performance.now() - lastMs < EVERY_MS) return;
    lastMs = performance.now();
    process.stderr.write(`${said(at)}\n`);
  });
  process.stdout.write(`${said(toll)}\n`);
  return 0;
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 1e6);
}

process.exitCode = await main();
