import type { Dict, DictValue } from '../../../fop/dict.js';
import { FopError } from '../../../fop/error.js';
import { type Fd, O_ACCMODE, O_APPEND, O_DSYNC, O_RDONLY } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { Handlers } from '../../../fop/translator.js';
import { outcomeOf } from '../../../fop/wind.js';
import type { Chooser } from './chooser.js';
import { type DataChange, isContended } from './data-session.js';
import type { DataSessions } from './data-sessions.js';
import { errorOf } from './errno-rank.js';
import type { OpenFds } from './open-fds.js';
import { type ByteSpan, WHOLE } from './range-turns.js';
import type { Replica } from './replica.js';

type ByFd = 'writev' | 'ftruncate' | 'fallocate' | 'discard' | 'zerofill';

const COUNT_KEY = 'glusterfs.inodelk-dom-count';

/** The fops that change an inode's bytes. */
export class DataFops {
  readonly handlers: Handlers = {
    writev: (request, frame) => this.writev(request, frame),
    truncate: (request, frame) => this.truncate(request, frame),
    ftruncate: (request, frame) => this.byFd('ftruncate', WHOLE, request, frame),
    fallocate: (request, frame) => this.byFd('fallocate', spanOf(request), request, frame),
    discard: (request, frame) => this.byFd('discard', spanOf(request), request, frame),
    zerofill: (request, frame) => this.byFd('zerofill', spanOf(request), request, frame),
    copy_file_range: (request, frame) => this.copy(request, frame),
    fsync: (request, frame) => this.fsync(request, frame),
  };

  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
    private readonly sessions: DataSessions,
    private readonly chooser: Chooser,
  ) {}

  private async writev(request: Request<'writev'>, frame: Frame): Promise<Reply<'writev'>> {
    const { fd, offset, data } = request;
    const span = (fd.flags & O_APPEND) !== 0 ? WHOLE : { start: offset, end: offset + data.length };
    const asked = this.withCount(request.xdata);
    const reply = await this.byFd('writev', span, { ...request, xdata: asked }, frame);
    if (isContended(reply.xdata)) this.sessions.hurry(fd.gfid);
    return { ...reply, xdata: request.xdata === null ? null : reply.xdata };
  }

  /** Asks whether others wait for the lock too: a brick may not say so by itself. */
  private withCount(xdata: Dict): Dict {
    const domain: DictValue = { type: 'string', text: this.replica.name };
    return new Map([...(xdata ?? []), [COUNT_KEY, domain]]);
  }

  /** By gfid: what open(2) with O_TRUNC asks for as well. */
  async truncate(request: Request<'truncate'>, frame: Frame): Promise<Reply<'truncate'>> {
    const { gfid } = request;
    const change: DataChange<Reply<'truncate'>> = {
      kind: 'data',
      span: WHOLE,
      leaves: 'unsynced',
      wind: (child) => this.replica.windTo(child, 'truncate', request, frame),
    };
    return this.chooser.choose(await this.sessions.run(gfid, undefined, change, frame), gfid);
  }

  private async byFd<F extends ByFd>(
    fop: F,
    span: ByteSpan,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request;
    this.checkWritable(fd);
    const isSynced = (fd.flags & O_DSYNC) !== 0;
    const change: DataChange<Reply<F>> = {
      kind: 'data',
      span,
      ...(isSynced ? {} : { leaves: 'unsynced' }),
      wind: (child) => this.fds.wind(child, fop, fd, request, frame),
    };
    return this.run(fd, change, frame);
  }

  private async copy(
    request: Request<'copy_file_range'>,
    frame: Frame,
  ): Promise<Reply<'copy_file_range'>> {
    const { fdIn, fdOut, offOut, size } = request;
    this.fds.check(fdIn);
    this.checkWritable(fdOut);
    const change: DataChange<Reply<'copy_file_range'>> = {
      kind: 'data',
      span: fdIn.gfid === fdOut.gfid ? WHOLE : { start: offOut, end: offOut + size },
      leaves: 'unsynced',
      wind: async (child) => {
        await this.fds.openedAt(child, fdIn, frame);
        return this.fds.wind(child, 'copy_file_range', fdOut, request, frame);
      },
    };
    return this.run(fdOut, change, frame);
  }

  private async run<R>(fd: Fd, change: DataChange<R>, frame: Frame): Promise<R> {
    return this.chooser.choose(await this.sessions.run(fd.gfid, fd, change, frame), fd.gfid);
  }

  /** Where nothing was written lately there is no session, and nothing to blame anybody for. */
  private async fsync(request: Request<'fsync'>, frame: Frame): Promise<Reply<'fsync'>> {
    const { fd } = request;
    this.fds.check(fd);
    const wind = (child: number) => this.fds.wind(child, 'fsync', fd, request, frame);
    const change: DataChange<Reply<'fsync'>> = {
      kind: 'data',
      span: WHOLE,
      leaves: 'synced',
      wind,
    };
    const answers = await this.sessions.runIfOpen(fd.gfid, change);
    if (answers) return this.chooser.choose(answers, fd.gfid);
    const up = await this.replica.ready();
    return this.everywhere(fd.gfid, up, wind);
  }

  private async everywhere<R>(
    gfid: Gfid,
    children: readonly number[],
    wind: (child: number) => Promise<R>,
  ): Promise<R> {
    const replies: { child: number; reply: R }[] = [];
    const errors: FopError[] = [];
    for (const child of children) {
      const outcome = await outcomeOf(wind(child));
      if ('reply' in outcome) replies.push({ child, reply: outcome.reply });
      else errors.push(outcome.error);
    }
    if (!this.replica.isEnough(replies.map(({ child }) => child)))
      throw errorOf(errors) ?? this.replica.error('ENOTCONN', 'too few subvolumes answered');
    const good = replies.map(({ child }) => child);
    return this.chooser.choose({ replies, good, isEverywhere: errors.length === 0 }, gfid);
  }

  private checkWritable(fd: Fd): void {
    this.fds.check(fd);
    if (!fd.isAnonymous && (fd.flags & O_ACCMODE) === O_RDONLY)
      throw new FopError('EBADF', this.replica.name);
  }
}

function spanOf<F extends FopName & ('fallocate' | 'discard' | 'zerofill')>({
  offset,
  size,
}: Request<F>): ByteSpan {
  return { start: offset, end: offset + size };
}
