import type { Request } from '../../../fop/fops.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isSameOwner, type LockQueue, type Owned } from './lock-queue.js';
import { type EntryLock, READ_LOCK, WRITE_LOCK } from './lock-rules.js';
import type { LockTable } from './lock-table.js';
import { mustBeGranted, type Refuse } from './refusal.js';

const LOCK = 0;
const UNLOCK_NAME = 1;
const LOCK_NOW = 2;

/** entrylk: cmd 0 waits, 1 unlocks, 2 tries; type 0 read, 1 write. */
export async function entryLock(
  table: LockTable<EntryLock>,
  gfid: Gfid,
  { cmd, type, name, volume }: Pick<Request<'entrylk'>, 'cmd' | 'type' | 'name' | 'volume'>,
  owner: Owned & { readonly pid: number },
  refuse: Refuse,
): Promise<void> {
  if (type !== READ_LOCK && type !== WRITE_LOCK) throw refuse('EINVAL', 'type of entrylk');
  const lock = { ...owner, type, name };
  if (cmd === UNLOCK_NAME) return table.with(gfid, volume, (queue) => unlock(queue, lock, refuse));
  if (cmd !== LOCK && cmd !== LOCK_NOW) throw refuse('EINVAL', `command ${cmd} of entrylk`);
  const outcome = table.with(gfid, volume, (queue) =>
    cmd === LOCK_NOW ? queue.take(lock) : queue.wait(lock),
  );
  mustBeGranted(await outcome, refuse);
}

function unlock(queue: LockQueue<EntryLock>, lock: EntryLock, refuse: Refuse): void {
  const index = queue.held.findLastIndex(
    (held) => isSameOwner(held, lock) && held.name === lock.name,
  );
  if (index === -1) throw refuse('EINVAL', 'no such entrylk is held');
  queue.replace(queue.held.filter((_, at) => at !== index));
}
