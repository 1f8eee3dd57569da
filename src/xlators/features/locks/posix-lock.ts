import type { Fd } from '../../../fop/fd.js';
import type { ActiveLock, Flock, Request } from '../../../fop/fops.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isSameOwner, type Owned } from './lock-queue.js';
import { type PosixLock, READ_LOCK, UNLOCK, WRITE_LOCK, withPosixLock } from './lock-rules.js';
import type { LockTable } from './lock-table.js';
import { byteRange, lengthOf } from './range.js';
import { mustBeGranted, type Refuse } from './refusal.js';

const GET = 0;
const SET = 1;
const SET_WAIT = 2;
const DOMAIN = '';

/** lk: cmd 0 asks who is in the way, 1 tries, 2 waits; type 0 read, 1 write, 2 unlock. Answers the reply's flock. */
export async function posixLock(
  table: LockTable<PosixLock>,
  { fd, cmd, type, flock }: Request<'lk'>,
  owner: Owned,
  refuse: Refuse,
): Promise<Flock> {
  const range = flock.whence === 0 ? byteRange(flock.start, flock.len) : undefined;
  if (range === undefined) throw refuse('EINVAL', 'range of lk');
  if (type !== READ_LOCK && type !== WRITE_LOCK && type !== UNLOCK)
    throw refuse('EINVAL', 'type of lk');
  const lock: PosixLock = { ...owner, type, range, pid: flock.pid, fd };
  const answer = { ...flock, type };
  return table.with(fd.gfid, DOMAIN, async (queue) => {
    if (cmd === GET) {
      const blocker = queue.blocker(lock);
      return blocker === undefined ? { ...flock, type: UNLOCK } : flockOf(blocker);
    }
    if (cmd !== SET && cmd !== SET_WAIT) throw refuse('EOPNOTSUPP', `command ${cmd} of lk`);
    if (type === UNLOCK) {
      queue.replace(withPosixLock(queue.held, lock));
      return answer;
    }
    mustBeGranted(await (cmd === SET ? queue.take(lock) : queue.wait(lock)), refuse);
    return answer;
  });
}

function flockOf({ type, range, pid, lkOwner }: PosixLock): Flock {
  return { type, whence: 0, start: range.start, len: lengthOf(range), pid, lkOwner };
}

/** A close of a file ends its owner's locks there. */
export function dropPosixLocks(table: LockTable<PosixLock>, gfid: Gfid, owner: Owned): void {
  dropWhere(table, gfid, (lock) => isSameOwner(lock, owner));
}

/** Locks of flock(2) belong to no process and outlive a close; the fd's release ends them. */
export function dropLocksOfFd(table: LockTable<PosixLock>, fd: Fd): void {
  dropWhere(table, fd.gfid, (lock) => lock.fd === fd);
}

function dropWhere(
  table: LockTable<PosixLock>,
  gfid: Gfid,
  ends: (lock: PosixLock) => boolean,
): void {
  if (!table.held(gfid, DOMAIN).some(ends)) return;
  table.with(gfid, DOMAIN, (queue) => queue.replace(queue.held.filter((lock) => !ends(lock))));
}

export function activeLocks(table: LockTable<PosixLock>, gfid: Gfid): readonly ActiveLock[] {
  return table
    .held(gfid, DOMAIN)
    .map((lock) => ({ flock: flockOf(lock), client: lock.client, lkFlags: 0 }));
}
