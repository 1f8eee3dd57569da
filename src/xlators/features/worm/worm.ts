import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would let files be written once. Served switched off. */
export const featuresWorm: TranslatorSpec = switchedOff('features/worm', [
  offSwitch('worm', 'Nothing can be changed once it is written.'),
  offSwitch('worm-file-level', 'The same, file by file.'),
  idle('worm-files-deletable', 'bool', 'Whether such files can be deleted.'),
  idle('default-retention-period', 'int', 'How long they are kept.'),
  idle('auto-commit-period', 'int', 'When a file counts as written.'),
  idle('retention-mode', 'string', 'Whether the time can be shortened.'),
]);
