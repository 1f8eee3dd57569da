import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would limit the size of directories. Served switched off. */
export const featuresQuota: TranslatorSpec = switchedOff('features/quota', [
  offSwitch('server-quota', 'Limit the size of directories.'),
  offSwitch('deem-statfs', 'Show the limit as the size of the volume.'),
  idle('volume-uuid', 'string', 'The name of the volume.'),
  idle('hard-timeout', 'time', 'How long a size is believed above the limit.'),
  idle('soft-timeout', 'time', 'How long a size is believed below the limit.'),
  idle('alert-time', 'time', 'How often a full directory is told.'),
  idle('default-soft-limit', 'string', 'From which part of the limit on it is told.'),
]);
