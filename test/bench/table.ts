/** One figure of each system. */
export interface Row {
  readonly part: string;
  readonly what: string;
  readonly unit: '/s' | 'ms' | 'MB';
  readonly hekafs: number;
  /** Undefined where etcd was not measured, or has nothing of the kind. */
  readonly etcd?: number | undefined;
  readonly detail: string;
}

/** How much of etcd's figure ours is: for rates more is better, for times and memory less. */
export function ratio({ hekafs, etcd }: Row): number | undefined {
  return etcd === undefined ? undefined : hekafs / etcd;
}

function figure(value: number | undefined, unit: Row['unit']): string {
  if (value === undefined) return '-';
  return `${value.toFixed(unit === 'MB' || value >= 100 ? 0 : 1)}${unit === '/s' ? '' : ' '}${unit}`;
}

function cells(row: Row): readonly string[] {
  const share = ratio(row);
  return [
    row.what,
    figure(row.hekafs, row.unit),
    figure(row.etcd, row.unit),
    share === undefined ? '-' : share.toFixed(2),
    row.detail,
  ];
}

/** The rows as a table for people. */
export function tableText(rows: readonly Row[]): string {
  const lines = [['', 'hekafs', 'etcd', 'hekafs/etcd', ''], ...rows.map(cells)];
  const widths = lines[0]?.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 || column === line.length - 1
            ? cell.padEnd(widths?.[column] ?? 0)
            : cell.padStart(widths?.[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
