import { type Dict, NO_DICT } from '../fop/dict.js';
import { FopError, isErrno } from '../fop/error.js';
import { Fd, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from '../fop/fd.js';
import type { Frame } from '../fop/frame.js';
import type { Gfid } from '../fop/gfid.js';
import { type Iatt, NO_IATT, SETATTR_ATIME, SETATTR_MTIME } from '../fop/iatt.js';
import type { ByteString } from '../fop/name.js';
import type { Wind } from './walk.js';

/** What one readv or writev carries at most. */
const CHUNK_BYTES = 1024 * 1024;
/** What one put carries at most; a record may be 16 MiB. */
const PUT_BYTES = 8 * 1024 * 1024;

/**
 * The whole content of a regular file as it is at one moment: what one readv takes is read without opening, anything longer
 * through an fd, which stays with the inode when its name gets another content. More than `maxBytes`: EFBIG.
 */
export async function readContent(wind: Wind, stat: Iatt, maxBytes: number): Promise<Buffer> {
  if (stat.size > maxBytes) throw new FopError('EFBIG', 'readFile');
  if (stat.size < CHUNK_BYTES) {
    const fd = Fd.anonymous(stat.gfid);
    const range = { offset: 0, size: CHUNK_BYTES, flags: 0, xdata: NO_DICT };
    const { data, isEof } = await wind('readv', { fd, ...range });
    if ((isEof || data.length < CHUNK_BYTES) && data.length <= maxBytes) return Buffer.from(data);
  }
  return withOpen(wind, stat.gfid, (fd) => readToEnd(wind, fd, maxBytes));
}

async function withOpen<Answer>(
  wind: Wind,
  gfid: Gfid,
  act: (fd: Fd) => Promise<Answer>,
): Promise<Answer> {
  const fd = new Fd(gfid, O_RDONLY);
  await wind('open', { gfid, flags: fd.flags, fd, xdata: NO_DICT });
  try {
    return await act(fd);
  } finally {
    await wind('release', { fd, xdata: NO_DICT });
  }
}

async function readToEnd(wind: Wind, fd: Fd, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let offset = 0; ; ) {
    const range = { offset, size: CHUNK_BYTES, flags: 0, xdata: NO_DICT };
    const { data, isEof } = await wind('readv', { fd, ...range });
    offset += data.length;
    if (offset > maxBytes) throw new FopError('EFBIG', 'readFile');
    chunks.push(Buffer.from(data));
    if (isEof || data.length === 0) return Buffer.concat(chunks);
  }
}

export interface NewContent {
  readonly pargfid: Gfid;
  readonly bname: ByteString;
  readonly mode: number;
  readonly data: Buffer;
  /** Of the file where there is none yet. */
  readonly gfid: Gfid;
  /** When it was changed, where that is not now. */
  readonly time?: Frame['time'];
}

/**
 * Gives a name a whole new content, atomically where the volume knows `put`. A stock brick does not, nor does a put
 * carry more than 8 MiB: there a reader may see a part of it.
 */
export async function writeContent(wind: Wind, content: NewContent): Promise<Iatt> {
  const { data, gfid, time: _time, ...place } = content;
  const xdata: Dict = new Map([['gfid-req', { type: 'gfid', gfid }]]);
  if (data.length > PUT_BYTES) return writeInPlace(wind, content, xdata);
  const rest = { flags: WRITE_FLAGS, umask: 0, offset: 0, xattr: null };
  try {
    return (await wind('put', { ...place, ...rest, data, xdata })).stat;
  } catch (error) {
    if (!isErrno(error, 'EOPNOTSUPP', 'ENOSYS')) throw error;
  }
  return writeInPlace(wind, content, xdata);
}

const WRITE_FLAGS = O_WRONLY | O_CREAT | O_TRUNC;

async function writeInPlace(wind: Wind, content: NewContent, xdata: Dict): Promise<Iatt> {
  const { data, gfid, time, ...place } = content;
  const fd = new Fd(gfid, WRITE_FLAGS);
  const { stat } = await wind('create', { ...place, flags: fd.flags, umask: 0, fd, xdata });
  let last = stat;
  try {
    for (let offset = 0; offset < data.length; offset += CHUNK_BYTES) {
      const chunk = data.subarray(offset, offset + CHUNK_BYTES);
      const request = { fd, offset, flags: 0, data: chunk, xdata: NO_DICT };
      last = (await wind('writev', request)).postbuf;
    }
    await wind('flush', { fd, xdata: NO_DICT });
  } finally {
    await wind('release', { fd, xdata: NO_DICT });
  }
  return time === undefined ? last : setTime(wind, stat.gfid, time);
}

/** A brick without features/utime in front of it takes its own clock for what is written. */
async function setTime(
  wind: Wind,
  gfid: Gfid,
  { sec, nsec }: NonNullable<Frame['time']>,
): Promise<Iatt> {
  const times = { atime: sec, atimeNsec: nsec, mtime: sec, mtimeNsec: nsec };
  const valid = SETATTR_ATIME | SETATTR_MTIME;
  const request = { gfid, stbuf: { ...NO_IATT, ...times }, valid, xdata: NO_DICT };
  return (await wind('setattr', request)).postbuf;
}
