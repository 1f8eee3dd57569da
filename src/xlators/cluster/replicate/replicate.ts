import type { Dict } from '../../../fop/dict.js';
import { FopError, isErrno } from '../../../fop/error.js';
import { type Fd, O_ACCMODE, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Handlers, type Notice, type Translator, Xlator } from '../../../fop/translator.js';
import type { Options, TranslatorSpec } from '../../../graph/spec.js';
import { ReplicaChildren, type Standing } from './children.js';
import { REPLICATE_OPTIONS } from './options.js';

type FdRead = 'readv' | 'fstat' | 'fgetxattr' | 'seek' | 'rchecksum' | 'flush';

/*
 * One volume out of several subvolumes that each hold all of it. What it serves so far is reading: a fop goes to
 * the first child that is up, and to the next one where that one is lost. It writes and heals nothing: a fop
 * that would change something, or lock, is answered EOPNOTSUPP. It is up while any child is.
 *
 * It relies on its children to hold the same files under the same gfids.
 *
 *     volume vol-replicate-0
 *         type cluster/replicate
 *         option afr-pending-xattr vol-client-0,vol-client-1,vol-client-2
 *         subvolumes vol-client-0 vol-client-1 vol-client-2
 *     end-volume
 */
export class Replicate extends Xlator {
  readonly type = 'cluster/replicate';
  private readonly replicas: ReplicaChildren;
  /** Where an fd is open. One child at a time: cookies of a directory mean nothing to another. */
  private readonly openAt = new WeakMap<Fd, Translator>();
  private told: Standing = 'unknown';

  protected readonly handlers: Handlers = {
    lookup: (request, frame) =>
      this.readAny('lookup', { ...request, xdata: withoutGfidRequest(request.xdata) }, frame),
    stat: (request, frame) => this.readAny('stat', request, frame),
    readlink: (request, frame) => this.readAny('readlink', request, frame),
    access: (request, frame) => this.readAny('access', request, frame),
    statfs: (request, frame) => this.readAny('statfs', request, frame),
    getxattr: (request, frame) => this.readAny('getxattr', request, frame),
    open: (request, frame) => this.open('open', request, frame),
    opendir: (request, frame) => this.open('opendir', request, frame),
    readv: (request, frame) => this.readFd('readv', request, frame),
    fstat: (request, frame) => this.readFd('fstat', request, frame),
    fgetxattr: (request, frame) => this.readFd('fgetxattr', request, frame),
    seek: (request, frame) => this.readFd('seek', request, frame),
    rchecksum: (request, frame) => this.readFd('rchecksum', request, frame),
    flush: (request, frame) => this.readFd('flush', request, frame),
    readdir: (request, frame) => this.readDirectory('readdir', request, frame),
    readdirp: (request, frame) => this.readDirectory('readdirp', request, frame),
    fsyncdir: async () => ({ xdata: null }),
    release: (request, frame) => this.release('release', request, frame),
    releasedir: (request, frame) => this.release('releasedir', request, frame),
  };

  constructor(name: string, children: readonly Translator[], preferred?: Translator) {
    super(name, children);
    this.replicas = new ReplicaChildren(children, preferred);
  }

  protected async otherwise<F extends FopName>(fop: F): Promise<Reply<F>> {
    throw this.unsupported(fop);
  }

  private unsupported(fop: FopName): FopError {
    const why = new Error(`${this.type} only reads here; ${fop} is not served`);
    return new FopError('EOPNOTSUPP', this.name, why);
  }

  private disconnected(): FopError {
    return new FopError('ENOTCONN', this.name, new Error('no subvolume is up'));
  }

  /** Winds to one child after the other until one is not lost. */
  private async readAny<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    return this.firstOf(this.replicas.readable(), (child) => child.wind(fop, request, frame));
  }

  private async firstOf<Answer>(
    children: readonly Translator[],
    ask: (child: Translator) => Promise<Answer>,
  ): Promise<Answer> {
    let lost = this.disconnected();
    for (const child of children) {
      try {
        return await ask(child);
      } catch (error) {
        if (!isErrno(error, 'ENOTCONN')) throw error;
        lost = error;
      }
    }
    throw lost;
  }

  private async open<F extends 'open' | 'opendir'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (fop === 'open' && isForWriting(request as Request<'open'>)) throw this.unsupported(fop);
    return this.firstOf(this.replicas.readable(), async (child) => {
      const reply = await child.wind(fop, request, frame);
      this.openAt.set(request.fd, child);
      return reply;
    });
  }

  /** Reads where the fd is open; where that child was lost meanwhile, opens it at another one. */
  private async readFd<F extends FdRead>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request;
    if (fd.isAnonymous) return this.readAny(fop, request, frame);
    const child = this.openChild(fd);
    try {
      return await child.wind(fop, request, frame);
    } catch (error) {
      if (!isErrno(error, 'ENOTCONN', 'EBADF')) throw error;
      await this.reopen(fd, frame, error);
    }
    return this.openChild(fd).wind(fop, request, frame);
  }

  private async reopen(fd: Fd, frame: Frame, lost: FopError): Promise<void> {
    if (!this.replicas.anyUp()) throw lost;
    const flags = fd.flags & ~(O_CREAT | O_EXCL | O_TRUNC);
    await this.open('open', { gfid: fd.gfid, flags, fd, xdata: null }, frame);
  }

  /** A listing is continued where it was begun, or not at all. */
  private async readDirectory<F extends 'readdir' | 'readdirp'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd, offset } = request as Request<'readdir'>;
    const child = this.openChild(fd);
    try {
      return await child.wind(fop, request, frame);
    } catch (error) {
      if (offset !== 0n || !isErrno(error, 'ENOTCONN', 'EBADF')) throw error;
      if (!this.replicas.anyUp()) throw error;
    }
    await this.open('opendir', { gfid: fd.gfid, fd, xdata: null }, frame);
    return this.openChild(fd).wind(fop, request, frame);
  }

  private openChild(fd: Fd): Translator {
    const child = this.openAt.get(fd);
    if (!child) throw new FopError('EBADF', this.name);
    return child;
  }

  private async release<F extends 'release' | 'releasedir'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const child = this.openChild(request.fd);
    this.openAt.delete(request.fd);
    return child.wind(fop, request, frame);
  }

  protected override heard(notice: Notice): void {
    if (notice.event === 'log') {
      this.tell(notice);
      return;
    }
    this.replicas.set(notice.from, STATE_AFTER[notice.event]);
    const standing = this.replicas.standing(this.told);
    if (standing === this.told || standing === 'unknown') return;
    this.told = standing;
    const why = 'why' in notice ? notice.why : '';
    this.tell({ event: EVENT_OF[standing], from: this, why });
  }
}

const STATE_AFTER = { 'child-up': 'up', 'child-down': 'down', 'auth-failed': 'refused' } as const;
const EVENT_OF = { up: 'child-up', down: 'child-down', refused: 'auth-failed' } as const;

function isForWriting({ flags }: Request<'open'>): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
}

/** A brick gives a file without a gfid the one that a lookup brings; that would be a change. */
function withoutGfidRequest(xdata: Dict): Dict {
  if (!xdata?.has('gfid-req')) return xdata;
  return new Map([...xdata].filter(([key]) => key !== 'gfid-req'));
}

export const clusterReplicate: TranslatorSpec = {
  type: 'cluster/replicate',
  children: { min: 1, max: 1024 },
  options: REPLICATE_OPTIONS,
  create({ name, options, children }) {
    return new Replicate(name, children, preferredChild(options, children));
  },
};

function preferredChild(options: Options, children: readonly Translator[]): Translator | undefined {
  const name = options.text('read-subvolume');
  const index = options.int('read-subvolume-index');
  const found =
    name === undefined ? children[index] : children.find((child) => child.name === name);
  if (!found && (name !== undefined || index >= 0))
    throw new Error(`read-subvolume ${name ?? index} is none of the subvolumes`);
  return found;
}
