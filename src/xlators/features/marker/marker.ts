import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would keep times and sums up the tree, for geo-replication and quota. Served switched off. */
export const featuresMarker: TranslatorSpec = switchedOff('features/marker', [
  offSwitch('xtime', 'Keep the time of the last change, up to the root.'),
  offSwitch('quota', 'Keep sizes, up to the root.'),
  offSwitch('inode-quota', 'Keep counts of files, up to the root.'),
  offSwitch('gsync-force-xtime', 'Keep the time on volumes that are replicated themselves.'),
  idle('volume-uuid', 'uuid', 'The id of the volume.'),
  idle('timestamp-file', 'path', 'A file whose time is that of the switch.'),
  idle('quota-version', 'int', 'Which format sums have.'),
]);
