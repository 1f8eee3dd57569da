import type { Translator } from '../fop/translator.js';
import type { Platform } from '../platform/platform.js';
import { type OptionOverride, overrideOptions } from './option-overrides.js';
import { checkOptions } from './options.js';
import type { Registry } from './registry.js';
import type { TranslatorSpec } from './spec.js';
import { parseVolfile, type Volume } from './volfile.js';
import { VolfileError } from './volfile-error.js';
import { checkVolumeOrder } from './volume-order.js';

/**
 * Builds the translators of a volfile, bottom up, and starts none. The text is checked as a whole: what is wrong
 * with it (syntax, an unknown type or option, a subvolume that is not there) throws a VolfileError; an override that fits no
 * volume an OverrideError.
 */
export function buildGraph(
  text: string,
  registry: Registry,
  platform: Platform,
  overrides: readonly OptionOverride[] = [],
): Graph {
  const volumes = overrideOptions(parseVolfile(text), overrides);
  checkVolumeOrder(volumes);
  const built = new Map<string, Translator>();
  const notes: string[] = [];
  for (const volume of volumes) {
    const spec = specFor(volume, registry);
    const checked = checkOptions(volume, spec.options);
    notes.push(...checked.notes);
    const children = childrenOf(volume, built);
    const { name } = volume;
    const context = { name, options: checked.options, children, platform };
    built.set(
      name,
      created(volume, () => spec.create(context)),
    );
  }
  return new Graph(built, notes);
}

/** A translator refuses options that do not go together by throwing; a TypeError is a bug. */
function created(volume: Volume, create: () => Translator): Translator {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    throw new VolfileError(
      volume.place,
      `volume ${volume.name} (${volume.type}): ${error.message}`,
    );
  }
}

function specFor(volume: Volume, registry: Registry): TranslatorSpec {
  const spec = registry.get(volume.type);
  if (!spec)
    throw new VolfileError(
      volume.typePlace,
      `volume ${volume.name}: type ${volume.type} is not known here`,
    );
  const { min, max } = spec.children;
  const count = volume.subvolumes.length;
  if (count >= min && count <= max) return spec;
  const range = min === max ? `${min}` : `${min} to ${max}`;
  throw new VolfileError(
    volume.place,
    `volume ${volume.name} (${volume.type}) has ${count} subvolumes, it takes ${range}`,
  );
}

function childrenOf(volume: Volume, built: ReadonlyMap<string, Translator>): Translator[] {
  return volume.subvolumes.map((reference) => {
    const child = built.get(reference.name);
    if (!child) throw new VolfileError(reference.place, `subvolume ${reference.name} is not built`);
    return child;
  });
}

/** The translators of one volfile. A translator may have several parents; it is started and stopped once. */
export class Graph {
  /** The last volume of the file. */
  readonly top: Translator;
  private started: Translator[] = [];

  constructor(
    /** In the volfile's order: children before their parents. */
    readonly byName: ReadonlyMap<string, Translator>,
    /** One sentence for each option that is understood and does nothing. */
    readonly notes: readonly string[],
  ) {
    const top = [...byName.values()].at(-1);
    if (!top) throw new TypeError('a graph has at least one translator');
    this.top = top;
  }

  /** Starts children before parents. If one fails, those that run are stopped again and a StartError is thrown. */
  async start(): Promise<void> {
    for (const translator of this.byName.values()) {
      try {
        await translator.start();
      } catch (error) {
        await this.stop();
        throw new StartError(translator, error);
      }
      this.started.push(translator);
    }
  }

  /** Stops parents before children, each that was started once. */
  async stop(): Promise<void> {
    const running = this.started.reverse();
    this.started = [];
    for (const translator of running) await translator.stop();
  }
}

/** A translator that did not start, and what it said. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    readonly translator: Translator,
    override readonly cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`volume ${translator.name} (${translator.type}) does not start: ${why}`);
  }
}
