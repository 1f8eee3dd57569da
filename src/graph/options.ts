import { type OptionValue, readOption } from './option-value.js';
import type { OptionSpec, Options } from './spec.js';
import type { Volume, VolumeOption } from './volfile.js';
import { VolfileError } from './volfile-error.js';

/** A volume's options, and a sentence for each that is understood and has nothing to do here. */
export interface CheckedOptions {
  readonly options: Options;
  readonly notes: readonly string[];
}

/**
 * Checks a volume's options against its type's table. An unknown key, a value that its kind cannot be or that
 * is not served, and a missing required option throw a VolfileError naming volume, type and line.
 */
export function checkOptions(volume: Volume, table: readonly OptionSpec[]): CheckedOptions {
  const values = new Map<string, OptionValue>();
  const notes: string[] = [];
  for (const option of volume.options) {
    const spec = specOf(option.key, table);
    if (!spec) throw fault(volume, option, 'is not known');
    const read = readOption(spec, option.value);
    if ('fault' in read) throw fault(volume, option, read.fault);
    values.set(option.key, read.value);
    if (spec.inert !== undefined)
      notes.push(`volume ${volume.name}: option ${option.key} does nothing here: ${spec.inert}`);
  }
  fillDefaults(volume, table, values);
  return { options: new VolumeOptions(volume, table, values), notes };
}

/** The row of a key: its own, else the first pattern with a star that it fits. */
export function specOf(key: string, table: readonly OptionSpec[]): OptionSpec | undefined {
  return (
    table.find((spec) => spec.key === key) ??
    table.find((spec) => starOf(key, spec.key) !== undefined)
  );
}

/** What a pattern's star stands for in a key, or undefined where the key does not fit. Never empty. */
export function starOf(key: string, pattern: string): string | undefined {
  const at = pattern.indexOf('*');
  if (at === -1) return undefined;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const fits =
    key.length > before.length + after.length && key.startsWith(before) && key.endsWith(after);
  return fits ? key.slice(before.length, key.length - after.length) : undefined;
}

function fillDefaults(
  volume: Volume,
  table: readonly OptionSpec[],
  values: Map<string, OptionValue>,
): void {
  for (const spec of table) {
    if (values.has(spec.key)) continue;
    if (spec.isRequired)
      throw new VolfileError(
        volume.place,
        `volume ${volume.name} (${volume.type}) needs option ${spec.key}`,
      );
    if (spec.default === undefined) continue;
    const read = readOption(spec, spec.default);
    if ('fault' in read)
      throw new TypeError(`${volume.type}: the default of ${spec.key}: ${read.fault}`);
    values.set(spec.key, read.value);
  }
}

function fault(volume: Volume, option: VolumeOption, why: string): VolfileError {
  const { key, place, override } = option;
  const from = override === undefined ? '' : ` (--xlator-option ${override})`;
  return new VolfileError(
    place,
    `volume ${volume.name} (${volume.type}), option ${key}${from}: ${why}`,
  );
}

class VolumeOptions implements Options {
  constructor(
    private readonly volume: Volume,
    private readonly table: readonly OptionSpec[],
    private readonly values: ReadonlyMap<string, OptionValue>,
  ) {}

  text(key: string): string | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : String(value);
  }

  required(key: string): string {
    const text = this.text(key);
    if (text === undefined) throw this.bug(key, 'has neither a value nor a default');
    return text;
  }

  int(key: string): number {
    const value = this.value(key);
    if (typeof value !== 'number') throw this.bug(key, 'is no number');
    return value;
  }

  bool(key: string): boolean {
    const value = this.value(key);
    if (typeof value !== 'boolean') throw this.bug(key, 'is no boolean');
    return value;
  }

  size(key: string): number {
    return this.int(key);
  }

  matching(pattern: string): ReadonlyMap<string, string> {
    if (!this.table.some((spec) => spec.key === pattern))
      throw this.bug(pattern, 'is not in the table');
    const found = new Map<string, string>();
    for (const { key, value } of this.volume.options) {
      const star = specOf(key, this.table)?.key === pattern ? starOf(key, pattern) : undefined;
      if (star !== undefined) found.set(star, value);
    }
    return found;
  }

  raw(): ReadonlyMap<string, string> {
    return new Map(this.volume.options.map(({ key, value }) => [key, value]));
  }

  private value(key: string): OptionValue | undefined {
    if (!specOf(key, this.table)) throw this.bug(key, 'is not in the table');
    return this.values.get(key);
  }

  private bug(key: string, why: string): TypeError {
    return new TypeError(`${this.volume.type}: option ${key} ${why}`);
  }
}
