import type { Dict, DictValue, MdataTimes } from '../../../fop/dict.js';
import { type Fd, O_DSYNC, O_TRUNC } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { takeBuffer } from '../../../platform/buffers.js';
import type { Brick } from './brick.js';
import { emptyFile } from './fops-create.js';
import type { OpenFile } from './open-files.js';
import { checkOffset, LARGE_BYTES, LARGE_WRITE_BYTES, MAX_IO_BYTES } from './range.js';
import { BYTES_CHANGED, touch } from './times.js';

/** open, readv, writev, flush, fsync, fsyncdir, release, releasedir. */
export function dataFops(brick: Brick): Handlers {
  return {
    async open({ gfid, flags, fd }, frame) {
      const inode = brick.handles.resolve(gfid);
      if (isDirectory(inode.stat)) throw brick.error('EISDIR');
      brick.openFiles.open(fd, inode, flags);
      if ((flags & O_TRUNC) !== 0) {
        emptyFile(brick, inode);
        touch(brick, inode, frame, BYTES_CHANGED);
      }
      return { xdata: null };
    },

    readv: (request) =>
      brick.openFiles.use(request.fd, (open) => read(brick, open, request), 'EISDIR'),

    writev: (request, frame) =>
      brick.openFiles.use(request.fd, (open) => write(brick, open, request, frame)),

    async flush({ fd }) {
      brick.openFiles.resolve(fd);
      return { xdata: null };
    },

    fsync: ({ fd, datasync }) => {
      if (brick.openFiles.directory(fd) !== undefined) return syncDirectory(brick, fd);
      return brick.openFiles.use(fd, async (open) => {
        const { inode, file } = open;
        const prebuf = brick.iattOf(brick.openFiles.inodeOf(open));
        inode.syncs.check();
        await inode.syncs.sync(() => sync(brick, file, datasync));
        return { prebuf, postbuf: brick.iattOf(brick.openFiles.inodeOf(open)), xdata: null };
      });
    },

    async fsyncdir({ fd }) {
      const inode = brick.openFiles.resolve(fd);
      await brick.disk.fsyncdir(inode.path);
      return { xdata: null };
    },

    async release({ fd }) {
      brick.openFiles.release(fd);
      return { xdata: new Map() };
    },

    async releasedir({ fd }) {
      brick.openFiles.release(fd);
      return { xdata: new Map() };
    },
  };
}

async function syncDirectory(brick: Brick, fd: Fd): Promise<Reply<'fsync'>> {
  const inode = brick.openFiles.resolve(fd);
  const prebuf = brick.iattOf(inode);
  await brick.disk.fsyncdir(inode.path);
  return { prebuf, postbuf: brick.iatt(inode), xdata: null };
}

const OPEN_COUNTS = ['glusterfs.open-fd-count', 'glusterfs.open-active-fd-count'] as const;

function sync(brick: Brick, file: number, datasync: number): Promise<void> {
  return datasync === 0 ? brick.disk.fsync(file) : brick.disk.fdatasync(file);
}

async function read(
  brick: Brick,
  open: OpenFile,
  { offset, size }: Request<'readv'>,
): Promise<Reply<'readv'>> {
  checkOffset(brick, offset);
  if (!(size >= 0 && size <= MAX_IO_BYTES)) throw brick.error('EINVAL', 'too much to read at once');
  const most = size < LARGE_BYTES ? size : brick.disk.fstat(open.file).size - offset;
  const data = takeBuffer(Math.max(0, Math.min(size, most)));
  let done = 0;
  while (done < data.length) {
    const rest = data.subarray(done);
    const count =
      rest.length < LARGE_BYTES
        ? brick.disk.read(open.file, rest, offset + done)
        : await brick.disk.readLarge(open.file, rest, offset + done);
    if (count === 0) break;
    done += count;
  }
  const stat = brick.iattOf(brick.openFiles.inodeOf(open));
  return { stat, data: data.subarray(0, done), isEof: offset + done >= stat.size, xdata: null };
}

/**
 * One write after the other per inode, so that the sizes before and after are exact: after an append, `postbuf.size` is
 * the end of these very bytes. Syncs are outside of that order, and shared.
 */
async function write(
  brick: Brick,
  open: OpenFile,
  request: Request<'writev'>,
  frame: Frame,
): Promise<Reply<'writev'>> {
  checkOffset(brick, request.offset);
  if (!Number.isSafeInteger(request.offset + request.data.length)) throw brick.error('EFBIG');
  const isSync = open.isSync || (request.flags & O_DSYNC) !== 0;
  if (isSync) open.inode.syncs.check();
  const reply = await open.inode.turns.run(() => writeNow(brick, open, request, frame));
  if (isSync) await open.inode.syncs.sync(() => brick.disk.fdatasync(open.file));
  return reply;
}

/** Stays synchronous for small data: nothing comes between the two sizes and the bytes. */
function writeNow(
  brick: Brick,
  open: OpenFile,
  request: Request<'writev'>,
  frame: Frame,
): Reply<'writev'> | Promise<Reply<'writev'>> {
  const before = brick.openFiles.inodeOf(open);
  const kept = brick.keptTimes(before);
  const prebuf = brick.iattOf(before, kept);
  const reply = (stored?: MdataTimes | null): Reply<'writev'> => {
    const times = touch(brick, before, frame, BYTES_CHANGED, stored);
    const postbuf = brick.iattOf(brick.openFiles.inodeOf(open), times);
    const isAppend = open.isAppend || request.offset === prebuf.size;
    const xdata = writeAnswers(open, request.xdata, isAppend);
    return { prebuf, postbuf, written: request.data.length, xdata };
  };
  if (request.data.length >= LARGE_WRITE_BYTES)
    return writeLarge(brick, open, request).then(() => reply());
  const { data, offset } = request;
  for (let done = 0; done < data.length; ) {
    const at = open.isAppend ? null : offset + done;
    done += brick.disk.write(open.file, data.subarray(done), at);
  }
  return reply(kept);
}

async function writeLarge(
  brick: Brick,
  open: OpenFile,
  { data, offset }: Request<'writev'>,
): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const at = open.isAppend ? null : offset + done;
    done += await brick.disk.writeLarge(open.file, data.subarray(done), at);
  }
}

function writeAnswers({ inode }: OpenFile, xdata: Dict, isAppend: boolean): Dict {
  if (xdata === null) return null;
  const answers = new Map<string, DictValue>();
  for (const key of OPEN_COUNTS)
    if (xdata.has(key)) answers.set(key, { type: 'uint', uint: BigInt(inode.opens) });
  if (xdata.has('glusterfs.write-is-append'))
    answers.set('glusterfs.write-is-append', { type: 'uint', uint: isAppend ? 1n : 0n });
  return answers;
}
