import type { TranslatorSpec } from './spec.js';

/** The types that a volfile may name. */
export type Registry = ReadonlyMap<string, TranslatorSpec>;

/** A registry of these translators; two of one type are a bug. */
export function registryOf(specs: readonly TranslatorSpec[]): Registry {
  const registry = new Map<string, TranslatorSpec>();
  for (const spec of specs) {
    if (registry.has(spec.type)) throw new TypeError(`two translators of type ${spec.type}`);
    registry.set(spec.type, spec);
  }
  return registry;
}
