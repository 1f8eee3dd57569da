import { median } from '../load.js';
import type { Engine, EngineName } from './engine.js';

/** One figure of both engines: for `/s` and `MB/s` more is better, for `MB` less. */
export interface Comparison {
  readonly what: string;
  readonly unit: '/s' | 'MB/s' | 'MB' | 'µs';
  /** One number per round. */
  readonly samples: Readonly<Record<EngineName, readonly number[]>>;
  readonly detail?: string;
}

/** Ours as a share of theirs: the median of the rounds, and the least and the most. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined where one of them was not measured. */
export function ratioOf({ samples }: Comparison): Ratio | undefined {
  const ratios = samples.hekafs.flatMap((ours, round) => {
    const theirs = samples.glusterfsd[round];
    return theirs === undefined ? [] : [ours / theirs];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** Takes one number of each engine per round: ours first in one round, theirs first in the next. */
export async function compare(
  engines: readonly Engine[],
  rounds: number,
  what: string,
  unit: Comparison['unit'],
  measure: (engine: Engine, round: number) => Promise<number>,
  say: (line: string) => void,
): Promise<Comparison> {
  const samples: Record<EngineName, number[]> = { hekafs: [], glusterfsd: [] };
  for (let round = 0; round < rounds; round++) {
    const inTurn = round % 2 === 0 ? engines : engines.toReversed();
    for (const engine of inTurn) {
      const figure = await measure(engine, round);
      samples[engine.name].push(figure);
      say(`${what}, ${engine.name}: ${figureText(figure, unit)}`);
    }
  }
  return { what, unit, samples };
}

function figureText(figure: number, unit: Comparison['unit']): string {
  if (Number.isNaN(figure)) return '-';
  return `${figure.toFixed(figure >= 100 ? 0 : 1)}${unit === '/s' ? '' : ' '}${unit}`;
}

function cells(row: Comparison): readonly string[] {
  const ratio = ratioOf(row);
  return [
    row.what,
    figureText(median(row.samples.hekafs), row.unit),
    figureText(median(row.samples.glusterfsd), row.unit),
    ratio === undefined ? '-' : ratio.median.toFixed(2),
    ratio === undefined ? '' : `${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}`,
    row.detail ?? '',
  ];
}

/** The rows as a table for people. */
export function comparisonText(rows: readonly Comparison[]): string {
  const lines = [['', 'hekafs', 'glusterfsd', 'ratio', 'spread', ''], ...rows.map(cells)];
  const width = (column: number): number =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 || column === 5 ? cell.padEnd(width(column)) : cell.padStart(width(column)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
