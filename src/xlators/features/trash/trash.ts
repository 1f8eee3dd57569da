import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would keep what is deleted in a directory of its own. Served switched off. */
export const featuresTrash: TranslatorSpec = switchedOff('features/trash', [
  offSwitch('trash', 'Keep what is deleted.'),
  offSwitch('trash-internal-op', 'Keep what rebalance and heal delete.'),
  idle('trash-dir', 'string', 'Where it is kept.'),
  idle('trash-eliminate-path', 'string', 'What is not kept.'),
  idle('trash-max-filesize', 'size', 'The largest file that is kept.'),
  idle('brick-path', 'path', 'The directory of the brick.'),
]);
