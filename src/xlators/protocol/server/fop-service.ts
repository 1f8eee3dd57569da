import { EMPTY_DICT } from '../../../fop/dict.js';
import { errnoNumber, FopError } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Client, Frame } from '../../../fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../../fop/gfid.js';
import type { Translator } from '../../../fop/translator.js';
import { giveBuffer } from '../../../platform/buffers.js';
import { codecOf, type FopCodec, fopOfNumber } from '../../../rpc/codec.js';
import { CredentialCache } from '../../../rpc/credentials.js';
import { sendNothing } from '../../../rpc/dump.js';
import { RpcError } from '../../../rpc/error.js';
import type { IncomingCall } from '../../../rpc/incoming-call.js';
import { BAD_ARGUMENTS, NO_PROCEDURE } from '../../../rpc/message.js';
import { DEAD_COMPOUND } from '../../../rpc/programs.js';
import { checkRequest } from './border.js';
import { ServedFd, ServedFds } from './fd-table.js';
import { type Squash, squashed } from './squash.js';
import { type Export, subdirectoryOf } from './subdirectory.js';
import { mayWait } from './waiting.js';

/** Lock requests of one client that may wait at once. */
const MAX_WAITING = 8192;

export interface ServiceContext {
  /** The server's name, for errors. */
  readonly where: string;
  readonly squash: Squash;
  /** Arguments could not be decoded. */
  garbage(why: string): void;
}

/** The fops of one client, from its handshake until its last request has been answered. */
export class FopService {
  private readonly fds: ServedFds;
  private readonly credentials: CredentialCache;
  private atWork = 0;
  private waiting = 0;
  private isGone = false;
  private whenQuiet: (() => void) | undefined;

  /** What fops are wound to. */
  readonly exported: Export;
  private readonly where: string;

  constructor(
    readonly translator: Translator,
    readonly client: Client,
    private readonly context: ServiceContext,
    /** The directory that is the root for this client. */
    readonly root: Gfid = ROOT_GFID,
  ) {
    this.exported = root === ROOT_GFID ? translator : subdirectoryOf(translator, root);
    this.where = context.where;
    this.fds = new ServedFds(context.where, root);
    const isLoggedIn = client.login !== undefined;
    this.credentials = new CredentialCache((frame) => ({
      ...squashed(frame, context.squash, isLoggedIn),
      client,
    }));
  }

  /** A frame of this server on behalf of the client. */
  get ownFrame(): Frame {
    return { pid: 0, uid: 0, gid: 0, groups: [], lkOwner: '', client: this.client };
  }

  called(call: IncomingCall): void {
    const { procedure } = call.header;
    const fop = fopOfNumber(procedure);
    if (fop !== undefined) void this.serve(fop, call);
    else if (procedure === 0) sendNothing(call);
    else call.refuse(procedure === DEAD_COMPOUND ? BAD_ARGUMENTS : NO_PROCEDURE);
  }

  /**
   * The connection is over. Locks go at once; what is open is flushed now and released when no request is at work
   * on it any more. Settles when nothing is left of the client.
   */
  async gone(): Promise<void> {
    this.isGone = true;
    const open = this.fds.clear();
    for (const fd of open) if (!fd.isDirectory) void this.windQuietly('flush', fd);
    this.exported.clientGone(this.client);
    for (const fd of open) fd.onIdle(() => void this.release(fd));
    if (this.atWork === 0) return;
    await new Promise<void>((resolve) => {
      this.whenQuiet = resolve;
    });
    // A lock that was granted to a request still on its way when the first notice passed.
    this.exported.clientGone(this.client);
  }

  private async serve<F extends FopName>(fop: F, call: IncomingCall): Promise<void> {
    const codec = codecOf(fop);
    const frame = this.frameOf(call);
    const request = frame && this.requestOf(codec, call);
    if (frame === undefined || request === undefined) return;
    if (isRelease(fop) && !this.takeRelease(codec, call, request)) return;
    const waits = mayWait(fop, request);
    if (waits) this.setAside(call);
    this.begin(request);
    try {
      const reply = await this.exported.wind(fop, request, frame);
      this.send(codec, call, reply, isOpening(fop) ? this.opened(request) : -1);
    } catch (error) {
      this.fail(codec, call, error);
    } finally {
      if (waits) this.waiting -= 1;
      this.end(request);
      if (fop === 'writev') call.recycle();
    }
  }

  /** Undefined where the call was answered because nobody can tell on whose behalf it is. */
  private frameOf(call: IncomingCall): Frame | undefined {
    const { flavour, credentialAt, credentialBytes } = call.header;
    try {
      const record = call.args.bytes;
      const frame = this.credentials.frameOf(flavour, record, credentialAt, credentialBytes);
      if (frame === undefined) call.deny();
      return frame;
    } catch (error) {
      this.refuseArguments(call, error);
      return undefined;
    }
  }

  /** Undefined where the call was answered because the request cannot be served. */
  private requestOf<F extends FopName>(
    codec: FopCodec<F>,
    call: IncomingCall,
  ): Request<F> | undefined {
    const { fop } = codec;
    try {
      const request = checkRequest(fop, codec.decodeRequest(call.args, this.fds), this.where);
      this.checkRoom(fop, request);
      if (fop === 'readv') call.expect((request as Request<'readv'>).size);
      return request;
    } catch (error) {
      if (error instanceof RpcError) this.refuseArguments(call, error);
      else this.fail(codec, call, error);
      return undefined;
    }
  }

  private refuseArguments(call: IncomingCall, error: unknown): void {
    if (!(error instanceof RpcError)) throw error;
    this.context.garbage(error.message);
    call.refuse(BAD_ARGUMENTS);
  }

  private checkRoom<F extends FopName>(fop: F, request: Request<F>): void {
    if (isOpening(fop) && this.fds.isFull) throw new FopError('EMFILE', this.where);
    if (this.waiting >= MAX_WAITING && mayWait(fop, request))
      throw new FopError('ENOLCK', this.where, `${MAX_WAITING} locks of this client wait`);
  }

  private setAside(call: IncomingCall): void {
    this.waiting += 1;
    call.uncount();
    call.forget();
  }

  private begin(request: object): void {
    this.atWork += 1;
    for (const fd of fdsOf(request)) fd.hold();
  }

  private end(request: object): void {
    for (const fd of fdsOf(request)) fd.letGo();
    this.atWork -= 1;
    if (this.atWork === 0) this.whenQuiet?.();
  }

  /** Takes the fd out of the table. False where others are at work on it: then it is released after them. */
  private takeRelease<F extends FopName>(
    codec: FopCodec<F>,
    call: IncomingCall,
    request: Request<F>,
  ): boolean {
    const [fd] = fdsOf(request);
    if (fd === undefined) {
      this.fail(codec, call, new FopError('EBADF', this.where));
      return false;
    }
    this.fds.remove(fd);
    if (fd.isIdle) return true;
    fd.onIdle(() => void this.release(fd));
    this.send(codec, call, { xdata: EMPTY_DICT } as Reply<F>, -1);
    return false;
  }

  /** The number of what was opened; or, where the client has gone meanwhile, it is released. */
  private opened(request: object): number {
    const [fd] = fdsOf(request);
    if (fd === undefined) return -1;
    if (!this.isGone) return this.fds.add(fd);
    fd.onIdle(() => void this.release(fd));
    return -1;
  }

  private release(fd: ServedFd): Promise<void> {
    return this.windQuietly(fd.isDirectory ? 'releasedir' : 'release', fd);
  }

  /** Cleans up; whether that succeeds is of interest to nobody. */
  private async windQuietly(fop: 'flush' | 'release' | 'releasedir', fd: ServedFd): Promise<void> {
    const request = { fd, xdata: null };
    this.begin(request);
    try {
      await this.exported.wind(fop, request, this.ownFrame);
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
    } finally {
      this.end(request);
    }
  }

  private send<F extends FopName>(
    codec: FopCodec<F>,
    call: IncomingCall,
    reply: Reply<F>,
    fd: number,
  ): void {
    if (this.isGone) {
      call.drop();
      return;
    }
    const writer = call.beginReply();
    const payload = codec.encodeReply(writer, reply, fd);
    if (payload === undefined) call.send(writer);
    else call.send(writer, payload, () => giveBuffer(payload));
  }

  /** Answers with the errno. What is not a FopError is a bug, and not for this place to hide. */
  private fail<F extends FopName>(codec: FopCodec<F>, call: IncomingCall, error: unknown): void {
    if (!(error instanceof FopError)) throw error;
    const writer = call.beginReply();
    codec.encodeError(writer, errnoNumber(error.errno), error.xdata);
    call.send(writer);
  }
}

function isOpening(fop: FopName): boolean {
  return fop === 'open' || fop === 'opendir' || fop === 'create';
}

function isRelease(fop: FopName): boolean {
  return fop === 'release' || fop === 'releasedir';
}

const NO_SERVED_FDS: readonly ServedFd[] = [];

/** The open files of a request that have to outlive it. */
function fdsOf(request: object): readonly ServedFd[] {
  if ('fd' in request) return request.fd instanceof ServedFd ? [request.fd] : NO_SERVED_FDS;
  if (!('fdIn' in request && 'fdOut' in request)) return NO_SERVED_FDS;
  return [request.fdIn, request.fdOut].filter((fd) => fd instanceof ServedFd);
}
