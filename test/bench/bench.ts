import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { BRICK_USAGE, brickCommand } from './brick/command.js';
import { type Asked, benchConfig, type Measured, PARTS } from './config.js';
import { ratio, tableText } from './table.js';

const NAMES = Object.keys(PARTS);
const USAGE = `usage: npm run bench -- config [PART…] [--json] [--seconds S] [--rounds N] [--failovers N]
                 [--puts N] [--commands N] [--max-seconds S]
parts: ${NAMES.join(' ')} (all of them where none is named)

${BRICK_USAGE}`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  seconds: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '5' },
  failovers: { type: 'string', default: '20' },
  puts: { type: 'string', default: '100000' },
  commands: { type: 'string', default: '25' },
  'max-seconds': { type: 'string', default: '1200' },
} as const;

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Undefined for words that make no sense. */
function asked(argv: string[]): (Asked & { isJson: boolean }) | undefined {
  const { values, positionals } = parseArgs({
    args: argv,
    options: OPTIONS,
    allowPositionals: true,
  });
  const [name = 'config', ...chosen] = positionals;
  const { json, 'max-seconds': maxSeconds, ...amounts } = values;
  const count = (text: string): number => (Number.isInteger(Number(text)) ? Number(text) : 0);
  const read = {
    seconds: Number(amounts.seconds),
    rounds: count(amounts.rounds),
    failovers: count(amounts.failovers),
    puts: count(amounts.puts),
    commands: count(amounts.commands),
  };
  const numbers = [...Object.values(read), Number(maxSeconds)];
  const isFit = name === 'config' && chosen.every((part) => NAMES.includes(part));
  if (!isFit || !numbers.every((number) => number > 0)) return undefined;
  const parts = NAMES.filter((part) => chosen.length === 0 || chosen.includes(part));
  return { parts, amounts: read, maxSeconds: Number(maxSeconds), say: progress, isJson: json };
}

function jsonText({ rows, missing, etcdVersion }: Measured): string {
  const machine = { cpus: cpus().length, kernel: release(), node: process.version };
  const withRatio = rows.map((row) => ({ ...row, ratio: ratio(row) }));
  return `${JSON.stringify({ ...machine, etcd: etcdVersion, rows: withRatio, missing }, null, 2)}\n`;
}

async function main(): Promise<void> {
  const [name, ...words] = process.argv.slice(2);
  if (name === 'brick' || name === 'wire') {
    process.exitCode = await brickCommand(name, words);
    return;
  }
  let request: ReturnType<typeof asked>;
  try {
    request = asked(process.argv.slice(2));
  } catch (error) {
    progress(String(error));
  }
  if (request === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const measured = await benchConfig(request);
  process.stdout.write(request.isJson ? jsonText(measured) : tableText(measured.rows));
  if (measured.missing.length === 0) return;
  progress(`not measured: ${measured.missing.join(', ')}`);
  process.exitCode = 1;
}

await main();
