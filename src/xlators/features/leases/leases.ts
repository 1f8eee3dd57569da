import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would lend files to clients. Served switched off. */
export const featuresLeases: TranslatorSpec = switchedOff('features/leases', [
  offSwitch('leases', 'Lend files to clients.'),
  idle('lease-lock-recall-timeout', 'time', 'How long a client has to give one back.'),
]);
