import type { Fops, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Handlers } from '../../../fop/translator.js';
import { likewise } from './answers.js';
import type { Brick } from './brick.js';
import type { OpenFile } from './open-files.js';
import { checkOffset, MAX_IO_BYTES } from './range.js';
import { BYTES_CHANGED, touch } from './times.js';

type Copy = Request<'copy_file_range'>;
type Reply = Fops['copy_file_range']['reply'];

/** What is read and written at once. */
const PIECE_BYTES = 1024 * 1024;

/**
 * copy_file_range: bytes from one file of the brick into another, or into another place of the same. The answer has the
 * attributes of the source, and those of the destination before and after. One fop copies 16 MiB at most, as the system call may too.
 */
export function copyFops(brick: Brick): Handlers {
  const { openFiles } = brick;
  return {
    copy_file_range: (request, frame) =>
      openFiles.use(request.fdIn, (source) =>
        openFiles.use(request.fdOut, (target) => {
          check(brick, request, source, target);
          return target.inode.turns.run(() => copy(brick, request, source, target, frame));
        }),
      ),
  };
}

function check(brick: Brick, request: Copy, source: OpenFile, target: OpenFile): void {
  const { offIn, offOut, size, flags } = request;
  if (flags !== 0) throw brick.error('EINVAL', 'copy_file_range knows no flags');
  for (const offset of [offIn, offOut, offIn + size, offOut + size]) checkOffset(brick, offset);
  const isSame = source.inode === target.inode;
  if (isSame && offIn < offOut + size && offOut < offIn + size)
    throw brick.error('EINVAL', 'the ranges overlap');
  if (target.isAppend) throw brick.error('EBADF', 'the target is open for appending');
}

async function copy(
  brick: Brick,
  request: Copy,
  source: OpenFile,
  target: OpenFile,
  frame: Frame,
): Promise<Reply> {
  const { openFiles } = brick;
  const before = openFiles.inodeOf(target);
  const preparent = brick.iattOf(before);
  const copied = await copyBytes(brick, request, source, target);
  if (copied > 0) touch(brick, before, frame, BYTES_CHANGED);
  return {
    copied,
    stat: brick.iattOf(openFiles.inodeOf(source)),
    preparent,
    postparent: brick.iattOf(openFiles.inodeOf(target)),
    xdata: likewise(request.xdata),
  };
}

async function copyBytes(
  brick: Brick,
  { offIn, offOut, size }: Copy,
  source: OpenFile,
  target: OpenFile,
): Promise<number> {
  const wanted = Math.min(size, MAX_IO_BYTES);
  const piece = Buffer.allocUnsafe(Math.min(wanted, PIECE_BYTES));
  let copied = 0;
  while (copied < wanted) {
    const part = piece.subarray(0, wanted - copied);
    const count = await brick.disk.readLarge(source.file, part, offIn + copied);
    if (count === 0) break;
    await writeAll(brick, target, piece.subarray(0, count), offOut + copied);
    copied += count;
  }
  return copied;
}

async function writeAll(brick: Brick, { file }: OpenFile, data: Buffer, at: number): Promise<void> {
  for (let done = 0; done < data.length; )
    done += await brick.disk.writeLarge(file, data.subarray(done), at + done);
}
