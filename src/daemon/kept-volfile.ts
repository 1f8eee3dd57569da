import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { DurableFile } from './durable-file.js';
import type { Log } from './log.js';
import { volfilePath } from './state-dir.js';

/**
 * Keeps the read-only client volfile beside the state, so that `hfs_config volfile` answers when no hekafsd runs. To be
 * told whenever the list of servers or their bricks changes.
 */
export class KeptVolfile {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly disk: Disk,
    private readonly stateDir: string,
    private readonly log: Log,
  ) {}

  /** One after the other: each replaces the same file. `make` is asked when its turn comes. */
  keep(make: () => string): void {
    this.last = this.last
      .then(() => this.replace(make()))
      .catch((error: unknown) =>
        this.log.warn('the client volfile was not kept', { error: String(error) }),
      );
  }

  private replace(volfile: string): Promise<void> {
    const file = new DurableFile(this.disk, volfilePath(this.stateDir));
    return file.replace(Buffer.from(byteString(volfile), 'latin1'));
  }
}
