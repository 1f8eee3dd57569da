import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FopError } from '../../src/fop/error.js';
import { byteString } from '../../src/fop/name.js';
import { nodeDisk } from '../../src/platform/node/disk.js';

/** A directory of the real disk that lasts for one test. */
export class TemporaryDirectory {
  readonly path: string;

  constructor(name: string) {
    this.path = byteString(mkdtempSync(join(tmpdir(), `hekafs-${name}-`)));
  }

  remove(): void {
    rmSync(Buffer.from(this.path, 'latin1'), { recursive: true, force: true });
  }
}

/** Why the temporary directory cannot hold a brick, or undefined where it can. */
export function whyNoXattrs(): string | undefined {
  const directory = new TemporaryDirectory('probe');
  try {
    nodeDisk().setxattr(directory.path, 'user.hekafs.probe', Buffer.from('1'), 0);
    return undefined;
  } catch (error) {
    if (error instanceof FopError)
      return `${tmpdir()} takes no extended attributes: ${error.message}`;
    throw error;
  } finally {
    directory.remove();
  }
}
