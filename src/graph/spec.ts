import type { Translator } from '../fop/translator.js';
import type { Platform } from '../platform/platform.js';

/** How an option's text is read. Sizes take KB, MB, GB, TB; times are seconds or 5m, 1h; booleans on/off/yes/no/true/false/enable/disable/1/0. */
export type OptionKind = 'string' | 'int' | 'bool' | 'size' | 'time' | 'uuid' | 'path' | 'list';

/** One option of a translator: the volfile is checked against it, and the README's table is made from it. */
export interface OptionSpec {
  /** Its name; one `*` stands for any text (`auth.addr.*.allow`). */
  readonly key: string;
  readonly kind: OptionKind;
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
  readonly isRequired?: boolean;
  /** One sentence for the README's table. */
  readonly doc: string;
  /**
   * Set where GlusterFS's volfiles carry the option and this engine has nothing to do for it; says why.
   * The loader reports each such option once.
   */
  readonly inert?: string;
  /** Values that this engine does not serve: anything else than these is an error naming the option. */
  readonly only?: readonly string[];
}

/** A translator's options, checked and with defaults filled in. Asking for a key that is not in its table is a bug. */
export interface Options {
  text(key: string): string | undefined;
  /** For options with a default or `isRequired`. */
  required(key: string): string;
  int(key: string): number;
  bool(key: string): boolean;
  /** Bytes. */
  size(key: string): number;
  /** Options that match a key with `*`: what stands for the star, and the value. */
  matching(pattern: string): ReadonlyMap<string, string>;
  /** All pairs as they stand in the volfile, for protocol/client's handshake. */
  raw(): ReadonlyMap<string, string>;
}

export interface CreateContext {
  readonly name: string;
  readonly options: Options;
  readonly children: readonly Translator[];
  readonly platform: Platform;
}

/** What the registry knows of a type. Each translator's entry file exports one. */
export interface TranslatorSpec {
  readonly type: string;
  /** How many subvolumes it takes. */
  readonly children: { readonly min: number; readonly max: number };
  readonly options: readonly OptionSpec[];
  create(context: CreateContext): Translator;
}
