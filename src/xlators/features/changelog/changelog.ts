import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would write a journal of changes for geo-replication. Served switched off. */
export const featuresChangelog: TranslatorSpec = switchedOff('features/changelog', [
  offSwitch('changelog', 'Keep a journal of changes.'),
  offSwitch('changelog-notification', 'Tell programs of changes at once.'),
  offSwitch('capture-del-path', 'Keep the path of what is deleted.'),
  idle('changelog-brick', 'path', 'The directory of the brick.'),
  idle('changelog-dir', 'path', 'Where the journal stands.'),
  idle('changelog-barrier-timeout', 'time', 'The longest that a barrier stays.'),
  idle('rollover-time', 'time', 'When the next file of the journal begins.'),
  idle('fsync-interval', 'time', 'How often it is synced.'),
  idle('op-mode', 'string', 'What kind of journal it is.'),
  idle('encoding', 'string', 'How gfids stand in it.'),
]);
