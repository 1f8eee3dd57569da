import { type ErrnoName, FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Clock } from '../../../platform/platform.js';
import { ANONYMOUS_FD, codecOf, type FdNumbers } from '../../../rpc/codec.js';
import type { RpcConnection } from '../../../rpc/connection.js';
import { AUTH_GLUSTERFS_V3, encodeCredential } from '../../../rpc/credentials.js';
import { RpcError, type RpcFault } from '../../../rpc/error.js';
import { FOP_PROGRAM } from '../../../rpc/programs.js';
import { Keepalive } from './keepalive.js';
import type { Target } from './target.js';

/** What a fop answers whose call failed. Where it may have been done the errno is ENOTCONN: unknown. */
const ERRNO: Readonly<Record<RpcFault, ErrnoName>> = {
  malformed: 'ENOTCONN',
  'too-large': 'ENOTCONN',
  closed: 'ENOTCONN',
  deadline: 'ENOTCONN',
  'no-program': 'EOPNOTSUPP',
  'no-version': 'EOPNOTSUPP',
  'no-procedure': 'EOPNOTSUPP',
  'bad-arguments': 'EINVAL',
  denied: 'EACCES',
  system: 'EAGAIN',
};

/** What a credential of 400 bytes has room for. */
const MAX_OWNER_BYTES = 364;

/** Bricks of GlusterFS 10.3 crash on these. */
const NEVER_SENT: readonly FopName[] = ['setactivelk', 'namelink'];

/** A connection that has passed its handshake, and the fds that were opened over it: they live and die together. */
export class ClientSession implements FdNumbers {
  private readonly fds = new WeakMap<Fd, number>();
  private readonly keepalive: Keepalive;
  private lastFrame: Frame | undefined;
  private lastCredential = Buffer.alloc(0);

  constructor(
    readonly connection: RpcConnection,
    private readonly target: Target,
    clock: Clock,
    /** The client's name, for errors. */
    private readonly where: string,
  ) {
    this.keepalive = new Keepalive(connection, clock, target.pingTimeoutMs);
  }

  /** The connection is over, or is to be. */
  end(): void {
    this.keepalive.stop();
  }

  numberOf(fd: Fd): number {
    if (fd.isAnonymous) return ANONYMOUS_FD;
    const number = this.fds.get(fd);
    if (number === undefined)
      throw new FopError('EBADF', this.where, 'not open on this connection');
    return number;
  }

  async wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    if (NEVER_SENT.includes(fop)) throw new FopError('EOPNOTSUPP', this.where);
    const isRelease = fop === 'release' || fop === 'releasedir';
    if (isRelease && !this.isOpen(request)) return { xdata: null } as Reply<F>;
    const codec = codecOf(fop);
    const { connection } = this;
    const call = connection.beginCall(FOP_PROGRAM, codec.number, this.credentialOf(frame));
    const payload = codec.encodeRequest(call.writer, request, this);
    if (isRelease && 'fd' in request) this.fds.delete(request.fd);
    try {
      const results = await connection.finishCall(call, payload, this.target.frameTimeoutMs);
      const { reply, fd } = codec.decodeReply(results, this.where);
      if (fd >= 0 && 'fd' in request) this.fds.set(request.fd, fd);
      if (fop === 'create') created(request as Request<'create'>, reply as Reply<'create'>);
      return reply;
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** An fd that is not open here needs no call to be released. */
  private isOpen(request: object): boolean {
    return 'fd' in request && this.fds.has(request.fd as Fd);
  }

  private credentialOf(frame: Frame): Buffer {
    if (frame === this.lastFrame) return this.lastCredential;
    if (frame.lkOwner.length > MAX_OWNER_BYTES)
      throw new FopError('EINVAL', this.where, `a lock owner of ${frame.lkOwner.length} bytes`);
    const groups = this.target.sendsGroups ? frame.groups : [frame.gid];
    // The writer's bytes are shared with records of its time, which this outlives.
    this.lastCredential = Buffer.from(encodeCredential({ ...frame, groups }, AUTH_GLUSTERFS_V3));
    this.lastFrame = frame;
    return this.lastCredential;
  }

  private failure(error: unknown): unknown {
    if (!(error instanceof RpcError)) return error;
    if (error.fault === 'malformed') this.connection.close(`malformed reply: ${error.message}`);
    return new FopError(ERRNO[error.fault], this.where, error);
  }
}

function created({ fd }: Request<'create'>, { stat }: Reply<'create'>): void {
  fd.opened(stat.gfid);
}
