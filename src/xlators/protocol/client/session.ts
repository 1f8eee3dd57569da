import { type ErrnoName, FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import { type Frame, ROOT_FRAME } from '../../../fop/frame.js';
import { outcomeOf } from '../../../fop/wind.js';
import type { Clock } from '../../../platform/platform.js';
import { codecOf, type DecodedReply } from '../../../rpc/codec.js';
import type { RpcConnection } from '../../../rpc/connection.js';
import { AUTH_GLUSTERFS_V3, encodeCredential } from '../../../rpc/credentials.js';
import { RpcError, type RpcFault } from '../../../rpc/error.js';
import { FOP_PROGRAM } from '../../../rpc/programs.js';
import { Keepalive } from './keepalive.js';
import type { OpenFds } from './open-fds.js';
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

/** Of all that is to be opened again, so many at once; and nobody waits longer for one of them. */
const REOPENED_AT_ONCE = 64;
const REOPEN_MS = 10_000;

/** A connection that has passed its handshake. */
export class ClientSession {
  private readonly keepalive: Keepalive;
  /** What this server has said that it does not serve: it is not asked again. */
  private readonly lacking = new Set<FopName>();
  private lastFrame: Frame | undefined;
  private lastCredential = Buffer.alloc(0);

  constructor(
    readonly connection: RpcConnection,
    private readonly target: Target,
    private readonly fds: OpenFds,
    clock: Clock,
    /** The client's name, for errors. */
    private readonly where: string,
  ) {
    this.keepalive = new Keepalive(connection, clock, target.pingTimeoutMs);
  }

  /** The connection is over, or is to be. */
  end(): void {
    this.keepalive.stop();
    this.fds.lost();
  }

  /** Opens again what was open over an earlier connection. What cannot be opened stays lost: EBADF. */
  async reopen(): Promise<void> {
    const lost = this.fds.toReopen();
    while (lost.length > 0 && !this.connection.isOver) {
      const batch = lost.splice(0, REOPENED_AT_ONCE).map((each) => this.reopenOne(each));
      for (const reopened of batch) await reopened;
    }
  }

  private async reopenOne({ fd, fop, flags }: ReturnType<OpenFds['toReopen']>[number]) {
    const request = { gfid: fd.gfid, flags, fd, xdata: null };
    const { gfid } = fd;
    const opening: Promise<{ readonly fd: number }> =
      fop === 'open'
        ? this.call('open', request, ROOT_FRAME, REOPEN_MS)
        : this.call('opendir', { gfid, fd, xdata: null }, ROOT_FRAME, REOPEN_MS);
    const outcome = await outcomeOf(opening);
    if ('error' in outcome || this.connection.isOver) return;
    const isWanted = this.fds.has(fd);
    this.fds.opened(fd, outcome.reply.fd, fop === 'opendir');
    // It was released meanwhile, when there was nobody to tell.
    const release = fop === 'open' ? 'release' : 'releasedir';
    if (!isWanted) await outcomeOf(this.call(release, { fd, xdata: null }, ROOT_FRAME));
  }

  async wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    if (NEVER_SENT.includes(fop)) throw new FopError('EOPNOTSUPP', this.where);
    const { reply, fd } = await this.call(fop, request, frame);
    if (fd >= 0 && 'fd' in request) this.opened(request.fd, fd, fop === 'opendir');
    if (fop === 'create') created(request as Request<'create'>, reply as Reply<'create'>);
    this.fds.done(fop, request, frame);
    return reply;
  }

  private async call<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
    timeoutMs = this.target.frameTimeoutMs,
  ): Promise<DecodedReply<F>> {
    if (this.lacking.has(fop)) throw new FopError('EOPNOTSUPP', this.where);
    const codec = codecOf(fop);
    const { connection } = this;
    const call = connection.beginCall(FOP_PROGRAM, codec.number, this.credentialOf(frame));
    const payload = codec.encodeRequest(call.writer, request, this.fds);
    if ((fop === 'release' || fop === 'releasedir') && 'fd' in request)
      this.fds.released(request.fd);
    try {
      const results = await connection.finishCall(call, payload, timeoutMs);
      return codec.decodeReply(results, this.where);
    } catch (error) {
      if (error instanceof RpcError && error.fault === 'no-procedure') this.lacking.add(fop);
      throw this.failure(error);
    }
  }

  /** The answer may have come together with the end of the connection. */
  private opened(fd: Fd, number: number, isDirectory: boolean): void {
    this.fds.opened(fd, this.connection.isOver ? undefined : number, isDirectory);
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
