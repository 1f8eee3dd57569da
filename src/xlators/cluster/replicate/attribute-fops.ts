import type { Dict, DictValue } from '../../../fop/dict.js';
import { FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { SETATTR_SIZE } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Chooser } from './chooser.js';
import type { DataChange } from './data-session.js';
import type { DataSessions } from './data-sessions.js';
import { ATTRIBUTES_START } from './locking.js';
import type { OpenFds } from './open-fds.js';
import { WHOLE } from './range-turns.js';
import type { Replica } from './replica.js';
import type { Transactions } from './transaction.js';

/** The fops that change an inode's attributes. */
export class AttributeFops {
  readonly handlers: Handlers = {
    setattr: (request, frame) =>
      (request.valid & SETATTR_SIZE) === 0
        ? this.byGfid('setattr', request, frame)
        : this.withSize('setattr', request, frame),
    fsetattr: (request, frame) => this.byFd('fsetattr', request, frame),
    setxattr: (request, frame) => {
      this.checkNames(request.dict, frame);
      return this.byGfid('setxattr', request, frame);
    },
    fsetxattr: (request, frame) => {
      this.checkNames(request.dict, frame);
      return this.byFd('fsetxattr', request, frame);
    },
    removexattr: (request, frame) => {
      this.checkNames(named(request.name), frame);
      return this.byGfid('removexattr', request, frame);
    },
    fremovexattr: (request, frame) => {
      this.checkNames(named(request.name), frame);
      return this.byFd('fremovexattr', request, frame);
    },
    xattrop: (request, frame) => {
      this.checkOwn(request.dict, frame);
      return this.byGfid('xattrop', request, frame);
    },
    fxattrop: (request, frame) => {
      this.checkOwn(request.dict, frame);
      return this.byFd('fxattrop', request, frame);
    },
  };

  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
    private readonly transactions: Transactions,
    private readonly sessions: DataSessions,
    private readonly chooser: Chooser,
  ) {}

  private byGfid<F extends 'setattr' | 'setxattr' | 'removexattr' | 'xattrop'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { gfid } = request;
    return this.run(gfid, undefined, frame, (child) =>
      this.replica.windTo(child, fop, request, frame),
    );
  }

  private async byFd<F extends FopName & ('fsetattr' | 'fsetxattr' | 'fremovexattr' | 'fxattrop')>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request as { fd: Fd };
    this.fds.check(fd);
    return this.run(fd.gfid, fd, frame, (child) => this.fds.wind(child, fop, fd, request, frame));
  }

  /** Under the lock of a session that is under way: else it would have to end first. */
  private async run<R>(
    gfid: Gfid,
    fd: Fd | undefined,
    frame: Frame,
    wind: (child: number) => Promise<R>,
  ): Promise<R> {
    const change: DataChange<R> = { kind: 'metadata', span: undefined, wind };
    const answers = await this.sessions.runIfOpen(gfid, change);
    if (answers) return this.chooser.choose(answers, gfid);
    const via = fd?.isAnonymous === true ? undefined : fd;
    const lockee = { kind: 'inode', gfid, fd: via, start: ATTRIBUTES_START } as const;
    const marked = [{ gfid, fd: via }];
    const plan = { kind: 'metadata', marked, lockees: [lockee], wind } as const;
    return this.chooser.choose(await this.transactions.run(plan, frame), gfid);
  }

  /** A setattr that cuts the file is a change of its bytes. */
  private async withSize(
    fop: 'setattr',
    request: Request<'setattr'>,
    frame: Frame,
  ): Promise<Reply<'setattr'>> {
    const { gfid } = request;
    const change: DataChange<Reply<'setattr'>> = {
      kind: 'data',
      span: WHOLE,
      leaves: 'unsynced',
      wind: (child) => this.replica.windTo(child, fop, request, frame),
    };
    return this.chooser.choose(await this.sessions.run(gfid, undefined, change, frame), gfid);
  }

  private checkOwn(dict: Dict, frame: Frame): void {
    if (frame.pid < 0) return;
    for (const name of dict?.keys() ?? [])
      if (this.replica.settings.keys.isOwn(name)) throw new FopError('EPERM', this.replica.name);
  }

  /** Marks are the bricks' own. */
  private checkNames(dict: Dict, frame: Frame): void {
    if (frame.pid < 0) return;
    for (const name of dict?.keys() ?? [])
      if (this.replica.settings.keys.isMark(name)) throw new FopError('EPERM', this.replica.name);
  }
}

function named(name: string): Dict {
  const value: DictValue = { type: 'string', text: '' };
  return new Map([[name, value]]);
}
