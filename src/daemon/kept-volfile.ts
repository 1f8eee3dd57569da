import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { DurableFile } from './durable-file.js';
import { volfilePath } from './state-dir.js';

/**
 * Keeps the read-only client volfile beside the state, so that `hfs_config volfile` answers when no hekafsd runs. To be
 * called whenever the list of servers or their bricks changes.
 */
export async function keepVolfile(disk: Disk, stateDir: string, volfile: string): Promise<void> {
  const file = new DurableFile(disk, volfilePath(stateDir));
  await file.replace(Buffer.from(byteString(volfile), 'latin1'));
}
