import type { Dict, DictValue } from '../../../fop/dict.js';
import { type Fd, O_NOFOLLOW, O_RDWR } from '../../../fop/fd.js';
import type { Fops } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { isDirectory, isRegular } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import type { FileNumber } from '../../../platform/disk.js';
import type { Brick } from './brick.js';
import { strongChecksum, weakChecksum } from './checksum.js';
import { checkOffset, checkRange, MAX_IO_BYTES } from './range.js';
import { BYTES_CHANGED, touch } from './times.js';

const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const COLLAPSE_RANGE = 8;
const ZERO_RANGE = 0x10;
const INSERT_RANGE = 0x20;
const KNOWN_MODES = KEEP_SIZE | PUNCH_HOLE | COLLAPSE_RANGE | ZERO_RANGE | INSERT_RANGE;

type PrePost = Fops['truncate']['reply'];

/** truncate, ftruncate, fallocate, discard, zerofill, seek, rchecksum. */
export function sparseFops(brick: Brick): Handlers {
  const { disk } = brick;
  const range = (mode: number, isAnySize = false) => {
    return (request: { fd: Fd; offset: number; size: number }, frame: Frame) => {
      if (!isAnySize || request.size !== 0) checkRange(brick, request.offset, request.size);
      return change(brick, request.fd, frame, (file) =>
        disk.fallocate(file, mode, request.offset, request.size),
      );
    };
  };
  return {
    async truncate({ gfid, offset }, frame) {
      checkOffset(brick, offset);
      return truncatePath(brick, gfid, offset, frame);
    },

    async ftruncate({ fd, offset }, frame) {
      checkOffset(brick, offset);
      return change(brick, fd, frame, (file) => disk.truncate(file, offset));
    },

    async fallocate({ fd, offset, size, mode }, frame) {
      if ((mode & ~KNOWN_MODES) !== 0) throw brick.error('EOPNOTSUPP', `fallocate mode ${mode}`);
      checkRange(brick, offset, size);
      return change(brick, fd, frame, (file) => disk.fallocate(file, mode, offset, size));
    },

    discard: range(PUNCH_HOLE | KEEP_SIZE),
    zerofill: range(ZERO_RANGE),

    seek: ({ fd, offset, what }) =>
      brick.openFiles.use(fd, ({ file }) => {
        checkOffset(brick, offset);
        if (what !== 0 && what !== 1) throw brick.error('EINVAL', `seek for ${what}`);
        return { offset: disk.seek(file, offset, what), xdata: null };
      }),

    rchecksum: ({ fd, offset, len, xdata }) =>
      brick.openFiles.use(fd, ({ file }) => {
        checkOffset(brick, offset);
        if (!(len >= 0 && len <= MAX_IO_BYTES)) throw brick.error('EINVAL', 'too much to sum');
        const data = readUpTo(brick, file, offset, len);
        const { isFips } = brick.options;
        const [weak, strong] = [weakChecksum(data), strongChecksum(data, isFips)];
        return { flags: 1, weak, strong, xdata: sumAnswers(xdata, data, isFips) };
      }),
  };
}

/** Changes the bytes of an open file, in their order with writes. */
function change(
  brick: Brick,
  fd: Fd,
  frame: Frame,
  make: (file: FileNumber) => void,
): Promise<PrePost> {
  return brick.openFiles.use(fd, (open) =>
    open.inode.turns.run(() => {
      const before = brick.openFiles.inodeOf(open);
      const prebuf = brick.iattOf(before);
      make(open.file);
      touch(brick, before, frame, BYTES_CHANGED);
      return { prebuf, postbuf: brick.iattOf(brick.openFiles.inodeOf(open)), xdata: null };
    }),
  );
}

/** By gfid; an inode that is being written to waits for its turn. */
function truncatePath(
  brick: Brick,
  gfid: string,
  size: number,
  frame: Frame,
): PrePost | Promise<PrePost> {
  const inode = brick.handles.resolve(gfid);
  if (isDirectory(inode.stat)) throw brick.error('EISDIR');
  if (!isRegular(inode.stat)) throw brick.error('EINVAL');
  const run = (): PrePost => {
    const prebuf = brick.iatt(inode);
    const file = brick.disk.open(inode.path, O_RDWR | O_NOFOLLOW, 0);
    try {
      brick.disk.truncate(file, size);
    } finally {
      brick.disk.close(file);
    }
    touch(brick, inode, frame, BYTES_CHANGED);
    return { prebuf, postbuf: brick.iatt(inode), xdata: null };
  };
  return brick.openFiles.inode(inode.stat.ino)?.turns.run(run) ?? run();
}

function readUpTo(brick: Brick, file: FileNumber, offset: number, length: number): Buffer {
  const left = Math.max(0, brick.disk.fstat(file).size - offset);
  const data = Buffer.allocUnsafe(Math.min(length, left));
  let done = 0;
  while (done < data.length) {
    const count = brick.disk.read(file, data.subarray(done), offset + done);
    if (count === 0) break;
    done += count;
  }
  return data.subarray(0, done);
}

function sumAnswers(asked: Dict, data: Buffer, isFips: boolean): Dict {
  const answers = new Map<string, DictValue>();
  if (isFips) answers.set('fips-mode-rchecksum', { type: 'int', int: 1n });
  if (asked?.has('check-zero-filled')) {
    const uint = data.every((byte) => byte === 0) ? 1n : 0n;
    answers.set('buf-has-zeroes', { type: 'uint', uint });
  }
  return answers;
}
