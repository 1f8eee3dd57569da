import { type Dict, NO_DICT } from '../fop/dict.js';
import { FopError } from '../fop/error.js';
import { Fd, O_DIRECTORY, O_RDONLY } from '../fop/fd.js';
import type { DirentPlus } from '../fop/fops.js';
import type { Gfid } from '../fop/gfid.js';
import type { Wind } from './walk.js';

/** What one readdirp asks for at most. */
const LISTING_BYTES = 128 * 1024;

/** All names of a directory but `.` and `..`, in the brick's order. More than `maxEntries`: E2BIG. */
export async function listDirectory(
  wind: Wind,
  gfid: Gfid,
  maxEntries: number,
  xdata: Dict = NO_DICT,
): Promise<DirentPlus[]> {
  const fd = new Fd(gfid, O_RDONLY | O_DIRECTORY);
  await wind('opendir', { gfid, fd, xdata: NO_DICT });
  try {
    return await readToEnd(wind, fd, maxEntries, xdata);
  } finally {
    await wind('releasedir', { fd, xdata: NO_DICT });
  }
}

async function readToEnd(
  wind: Wind,
  fd: Fd,
  maxEntries: number,
  xdata: Dict,
): Promise<DirentPlus[]> {
  const found: DirentPlus[] = [];
  for (let offset = 0n; ; ) {
    const { entries, isEof } = await wind('readdirp', { fd, offset, size: LISTING_BYTES, xdata });
    found.push(...entries.filter(({ name }) => name !== '.' && name !== '..'));
    if (found.length > maxEntries) throw new FopError('E2BIG', 'list');
    const last = entries.at(-1);
    if (isEof || !last) return found;
    if (last.offset === offset) throw new FopError('EIO', 'readdirp', new Error('no progress'));
    offset = last.offset;
  }
}
