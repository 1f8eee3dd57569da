import { LOG_NAME } from '../../config/log/brick-acceptor.js';
import { FormatError, NewerFormat } from '../../config/log/bytes.js';
import { MAX_ENTRY_BYTES } from '../../config/log/entry.js';
import { LostVote } from '../../config/log/lost-vote.js';
import { VoterLog } from '../../config/log/voter-log.js';
import { isErrno } from '../../fop/error.js';
import { O_NOFOLLOW, O_RDONLY } from '../../fop/fd.js';
import { byteString } from '../../fop/name.js';
import type { Disk, FileNumber } from '../../platform/disk.js';
import type { Clock } from '../../platform/platform.js';
import { type Check, type Finding, fail, ok, skip } from './check.js';
import { sizeText } from './space-checks.js';

const CHUNK_BYTES = 1024 * 1024;
/** Then what has been read has to do. */
const ENOUGH_MS = 2500;

/** Reads this server's own log of changes from its start, as a leader would. It changes nothing. */
export function logCheck(disk: Disk, clock: Clock, brick: string): Check {
  return { name: 'log', examine: () => readLog(disk, clock, `${brick}/journal/${LOG_NAME}`) };
}

async function readLog(disk: Disk, clock: Clock, path: string): Promise<Finding> {
  let file: FileNumber;
  try {
    file = disk.open(byteString(path), O_RDONLY | O_NOFOLLOW, 0);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return fail(`there is no ${path}`, 'hfs_config explain HFS-5006');
  }
  try {
    return await parsed(disk, clock, file);
  } catch (error) {
    if (!(error instanceof LostVote || error instanceof FormatError)) throw error;
    const code = error instanceof NewerFormat ? 'HFS-1011' : 'HFS-5006';
    return fail(error.message, `hfs_config explain ${code}`);
  } finally {
    disk.close(file);
  }
}

async function parsed(disk: Disk, clock: Clock, file: FileNumber): Promise<Finding> {
  const log = new VoterLog();
  const { size } = disk.fstat(file);
  const endMs = clock.monotonicMs() + ENOUGH_MS;
  let torn = 0;
  let at = 0;
  while (at < size && clock.monotonicMs() < endMs) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at));
    const count = await disk.readLarge(file, chunk, at);
    if (count === 0) break;
    at += count;
    log.feed(chunk.subarray(0, count));
    for (; log.waiting > (at < size ? MAX_ENTRY_BYTES : 0); torn++) log.skipTorn();
  }
  return verdict(log, { size, read: at, torn });
}

interface Reading {
  readonly size: number;
  readonly read: number;
  /** Places with bytes that are no whole entry: an append under way at the end, or what a crash has torn. */
  readonly torn: number;
}

function verdict(log: VoterLog, { size, read, torn }: Reading): Finding {
  if (size === 0) return skip('the log is being made');
  if (log.header === undefined) return fail('it has no header', 'hfs_config explain HFS-5006');
  const found = `${sizeText(read)} read, up to revision ${log.commit.revision}`;
  if (read < size) return ok(`${found}; the rest of ${sizeText(size)} would take longer`);
  if (torn > 0)
    return ok(
      `${found}; an append was torn in ${torn} ${torn === 1 ? 'place' : 'places'}, which counts for nothing`,
    );
  return ok(`${found}, nothing is amiss`);
}
