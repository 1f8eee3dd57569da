import type { FopName, Request } from '../../../fop/fops.js';

/** Commands of lock fops that are answered when the lock is granted, be it hours later (wire reference, section 11). */
const WAITING_COMMANDS: Partial<Record<FopName, readonly number[]>> = {
  inodelk: [2],
  finodelk: [2],
  entrylk: [0],
  fentrylk: [0],
  lk: [2, 4],
};

/** True where another client may hold up the answer. */
export function mayWait<F extends FopName>(fop: F, request: Request<F>): boolean {
  const commands = WAITING_COMMANDS[fop];
  return commands !== undefined && 'cmd' in request && commands.includes(request.cmd);
}
