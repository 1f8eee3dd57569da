import { type Handlers, PassThrough, type Translator } from '../fop/translator.js';
import type { OptionSpec, TranslatorSpec } from './spec.js';

/*
 * glusterd writes every translator of a brick into its volfile, also those that are switched off. While one is off it passes
 * every fop on, so the volfile can be served without it; switched on it would change what clients are promised, and
 * the volfile is refused with the line of the switch.
 */
class SwitchedOff extends PassThrough {
  protected readonly handlers: Handlers = {};

  constructor(
    readonly type: string,
    name: string,
    child: Translator,
  ) {
    super(name, child);
  }
}

/** A translator of which only the absence is served: its switches have to be off, its other options have no effect. */
export function switchedOff(type: string, options: readonly OptionSpec[]): TranslatorSpec {
  return {
    type,
    children: { min: 1, max: 1 },
    options,
    create({ name, children: [child] }) {
      if (!child) throw new TypeError(`${type} has one child`);
      return new SwitchedOff(type, name, child);
    },
  };
}

/** The option that turns it on: anything but off is an error naming volume, type and line. */
export function offSwitch(key: string, doc: string): OptionSpec {
  return { key, kind: 'bool', default: 'off', only: ['off'], doc };
}

/** An option that only matters where the translator is on. */
export function idle(key: string, kind: OptionSpec['kind'], doc: string): OptionSpec {
  return { key, kind, doc, inert: 'the translator is switched off' };
}
