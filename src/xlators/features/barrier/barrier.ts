import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would hold changes back while a snapshot is taken. Served switched off. */
export const featuresBarrier: TranslatorSpec = switchedOff('features/barrier', [
  offSwitch('barrier', 'Hold changes back.'),
  idle('barrier-timeout', 'time', 'The longest that they are held.'),
]);
