import type { Volume } from './volfile.js';

/** `--xlator-option NAME.KEY=VALUE`: an option of every volume that NAME means, whatever the volfile says. */
export interface OptionOverride {
  /** As it was given, for messages. */
  readonly text: string;
  /** A volume's name; `*` stands for any text in it and `?` for any character. */
  readonly volume: string;
  readonly key: string;
  readonly value: string;
}

/** Overrides that name no volume, or say nothing that can be understood. The message names the override. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
}

/** Reads one. The volume ends at the first dot, as `glusterfsd` has it: keys have dots of their own. */
export function parseOverride(text: string): OptionOverride {
  const found = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(text);
  const [, volume, key, value] = found ?? [];
  if (volume === undefined || key === undefined || value === undefined)
    throw new OverrideError(`${text}: it is not NAME.KEY=VALUE`);
  return { text, volume, key, value };
}

/** The volumes with the overrides laid over their options, the last one of a key counts. Throws where one fits none. */
export function overrideOptions(
  volumes: readonly Volume[],
  overrides: readonly OptionOverride[],
): Volume[] {
  let result = [...volumes];
  for (const override of overrides) {
    const pattern = patternOf(override.volume);
    if (!result.some(({ name }) => pattern.test(name)))
      throw new OverrideError(`${override.text}: no volume is called ${override.volume}`);
    result = result.map((volume) => (pattern.test(volume.name) ? laid(volume, override) : volume));
  }
  return result;
}

function laid(volume: Volume, { key, value, text }: OptionOverride): Volume {
  const others = volume.options.filter((option) => option.key !== key);
  return { ...volume, options: [...others, { key, value, place: volume.place, override: text }] };
}

function patternOf(volume: string): RegExp {
  const words = volume.replace(/[\\^$.|+()[\]{}]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${words.replaceAll('?', '.')}$`, 's');
}
