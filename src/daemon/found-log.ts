import { ConfigError } from '../config/error.js';
import type { Acceptor, AcceptorMaker } from '../config/log/acceptor.js';
import type { LogHeader } from '../config/log/entry.js';
import { isErrno } from '../fop/error.js';
import { type Clock, sleep } from '../platform/platform.js';

const STEP_MS = 50;

export interface Founding {
  readonly acceptor: Acceptor & AcceptorMaker;
  readonly clock: Clock;
  readonly header: LogHeader;
  /** What the log begins with (see new-log.ts). */
  readonly first: Buffer;
  /** Throws where it makes no sense to wait for the brick any longer. */
  checkBrick(): void;
}

/**
 * Makes the log of a new server on its brick, as soon as that answers. One that an earlier attempt has made, and did not live to
 * remember, is this voter's log already. Throws what `checkBrick` throws; HFS-5004 where another voter's log is there.
 */
export async function foundLog(founding: Founding): Promise<void> {
  for (;;) {
    try {
      if (!(await isFounded(founding))) await founding.acceptor.create(founding.first);
      return;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      founding.checkBrick();
    }
    await sleep(founding.clock, STEP_MS);
  }
}

async function isFounded({ acceptor, header }: Founding): Promise<boolean> {
  try {
    const { voter } = await acceptor.open();
    acceptor.close();
    if (voter === header.voter) return true;
    throw new ConfigError(
      'HFS-5004',
      'the brick is not the one that was made for this server',
      `its log is that of voter ${voter}, not ${header.voter}`,
      'name another directory with --brick, or move this one away',
    );
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
