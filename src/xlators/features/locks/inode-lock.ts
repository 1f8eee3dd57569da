import type { Request } from '../../../fop/fops.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { LockQueue, Owned } from './lock-queue.js';
import { isSameOwner } from './lock-queue.js';
import { type InodeLock, READ_LOCK, UNLOCK, WRITE_LOCK } from './lock-rules.js';
import type { LockTable } from './lock-table.js';
import { byteRange, isSameRange } from './range.js';
import { mustBeGranted, type Refuse } from './refusal.js';

const TRY = 1;
const WAIT = 2;

/** inodelk: cmd 1 tries and 2 waits; type 0 read, 1 write, 2 unlock. */
export async function inodeLock(
  table: LockTable<InodeLock>,
  gfid: Gfid,
  { cmd, type, flock, volume }: Pick<Request<'inodelk'>, 'cmd' | 'type' | 'flock' | 'volume'>,
  owner: Owned & { readonly pid: number },
  refuse: Refuse,
): Promise<void> {
  const range = flock.whence === 0 ? byteRange(flock.start, flock.len) : undefined;
  if (range === undefined) throw refuse('EINVAL', 'range of inodelk');
  const lock = { ...owner, type, range };
  if (type === UNLOCK) return table.with(gfid, volume, (queue) => unlock(queue, lock, refuse));
  if (type !== READ_LOCK && type !== WRITE_LOCK) throw refuse('EINVAL', 'type of inodelk');
  if (cmd !== TRY && cmd !== WAIT) throw refuse('EOPNOTSUPP', `command ${cmd} of inodelk`);
  const outcome = table.with(gfid, volume, (queue) =>
    cmd === TRY ? queue.take(lock) : queue.wait(lock),
  );
  mustBeGranted(await outcome, refuse);
}

/** Gives back one lock of exactly this range. */
function unlock(queue: LockQueue<InodeLock>, lock: InodeLock, refuse: Refuse): void {
  const index = queue.held.findLastIndex(
    (held) => isSameOwner(held, lock) && isSameRange(held.range, lock.range),
  );
  if (index === -1) throw refuse('EINVAL', 'no such inodelk is held');
  queue.replace(queue.held.filter((_, at) => at !== index));
}
