import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would tell clients of each other's changes. Served switched off. */
export const featuresUpcall: TranslatorSpec = switchedOff('features/upcall', [
  offSwitch('cache-invalidation', 'Tell clients that what they remember has changed.'),
  idle('cache-invalidation-timeout', 'time', 'How long a client counts as remembering.'),
]);
