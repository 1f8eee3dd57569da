import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { BRICK_PARTS, benchBrick, brickBenchMissing, WIRE_PARTS } from './bench-brick.js';
import { type Comparison, comparisonText, ratioOf } from './comparison.js';
import { FULL, SMALL } from './setting.js';

export const BRICK_USAGE = `usage: npm run bench -- brick [PART…] [--small] [--rounds N] [--json] [--directory DIR]
       npm run bench -- wire [PART…] [--small] [--rounds N] [--json] [--directory DIR]
parts of brick: ${Object.keys(BRICK_PARTS).join(' ')}
parts of wire: ${Object.keys(WIRE_PARTS).join(' ')}
--small takes a minute and tells little; DIR, below which the bricks are made, is else that for temporary files
`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  small: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  directory: { type: 'string' },
} as const;

/** `bench -- brick …` and `bench -- wire …`: answers the exit status. */
export async function brickCommand(name: 'brick' | 'wire', words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: OPTIONS,
    allowPositionals: true,
  });
  const known = name === 'brick' ? BRICK_PARTS : WIRE_PARTS;
  const chosen = positionals.length === 0 ? Object.keys(known) : positionals;
  const parts = chosen.flatMap((part) => known[part] ?? []);
  const amounts = values.small ? SMALL : FULL;
  const rounds = Number(values.rounds ?? amounts.rounds);
  if (parts.length < chosen.length || !Number.isInteger(rounds) || rounds < 1)
    return complain(BRICK_USAGE, 2);
  const missing = brickBenchMissing();
  if (missing !== undefined) return complain(`not measured: ${missing}\n`, 1);
  const rows = await benchBrick({
    parts,
    amounts: { ...amounts, rounds },
    below: values.directory,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(values.json ? jsonText(rows) : comparisonText(rows));
  return 0;
}

function complain(text: string, status: number): number {
  process.stderr.write(text);
  return status;
}

function jsonText(rows: readonly Comparison[]): string {
  const machine = { cpus: cpus().length, kernel: release(), node: process.version };
  const withRatio = rows.map((row) => ({ ...row, ratio: ratioOf(row) }));
  return `${JSON.stringify({ ...machine, rows: withRatio }, null, 2)}\n`;
}
