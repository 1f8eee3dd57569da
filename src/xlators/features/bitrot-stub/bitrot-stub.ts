import type { TranslatorSpec } from '../../../graph/spec.js';
import { idle, offSwitch, switchedOff } from '../../../graph/switched-off.js';

/** Would sign files and refuse those that rot. Served switched off. */
export const featuresBitrotStub: TranslatorSpec = switchedOff('features/bitrot-stub', [
  offSwitch('bitrot', 'Sign files.'),
  idle('export', 'path', 'The directory of the brick.'),
]);
