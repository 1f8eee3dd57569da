import type { Options } from '../../../../graph/spec.js';
import type { FavoritePolicy } from './favorite.js';
import type { HealSettings } from './session.js';

/** How a replica set heals, by its options. */
export function healSettings(options: Options): HealSettings {
  return {
    policy: options.required('favorite-child-policy') as FavoritePolicy,
    isGranular: options.bool('granular-entry-heal'),
    volumeId: options.bool('use-anonymous-inode') ? options.text('volume-id') : undefined,
    algorithm: options.text('data-self-heal-algorithm') as HealSettings['algorithm'],
    windowBlocks: options.int('data-self-heal-window-size'),
    parallel: options.int('shd-max-threads'),
    intervalMs: options.int('heal-timeout') * 1000,
    isDurable: options.bool('ensure-durability'),
  };
}
