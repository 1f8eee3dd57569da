import { type ErrnoName, FopError } from '../../../fop/error.js';
import { NULL_GFID, ROOT_GFID } from '../../../fop/gfid.js';
import type { Translator } from '../../../fop/translator.js';
import type { Upcall } from '../../../fop/upcall.js';
import { type ByteStream, endpointText } from '../../../platform/network.js';
import type { Platform, Timer } from '../../../platform/platform.js';
import {
  type ConnectionLimits,
  type ConnectionOwner,
  RpcConnection,
} from '../../../rpc/connection.js';
import { answerDump, sendNothing } from '../../../rpc/dump.js';
import { RpcError } from '../../../rpc/error.js';
import {
  answerSetLkVersion,
  readSetVolume,
  refuseGetSpec,
  sendSetVolume,
} from '../../../rpc/handshake.js';
import type { IncomingCall } from '../../../rpc/incoming-call.js';
import { BAD_ARGUMENTS, NO_PROCEDURE, NO_PROGRAM } from '../../../rpc/message.js';
import {
  CALLBACK_PROGRAM,
  DUMP_PROGRAM,
  FOP_PROGRAM,
  HANDSHAKE,
  HANDSHAKE_PROGRAM,
  type Program,
} from '../../../rpc/programs.js';
import { PROCEDURE, writeUpcall } from '../../../rpc/upcalls.js';
import { FopService, type ServiceContext } from './fop-service.js';
import type { MemoryWatch } from './memory-watch.js';
import { type Introduction, introduce, type Reception } from './set-volume.js';
import type { Squash } from './squash.js';
import { findSubdirectory, upcallWithin } from './subdirectory.js';

const PROGRAMS = [FOP_PROGRAM, DUMP_PROGRAM, HANDSHAKE_PROGRAM];
/** A handshake fits well into this; a stranger is not trusted with more memory. */
const HANDSHAKE_RECORD_BYTES = 256 * 1024;
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** The first port that needs no privilege. */
const FIRST_OPEN_PORT = 1024;

/** How the platform begins why TLS did not come about. */
const TLS_FAULT = 'TLS:';

/** What a session asks of its server. */
export interface SessionHost extends Reception {
  readonly name: string;
  readonly platform: Platform;
  readonly limits: ConnectionLimits;
  readonly memory: MemoryWatch;
  readonly allowsInsecurePorts: boolean;
  readonly squash: Squash;
  /** Of this process, for clients. */
  readonly processId: string;
  noted(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void;
  /** The session is over and nothing is left of its client. */
  ended(session: Session): void;
}

/** One connection: strangers may ask what is served and introduce themselves, clients wind fops. */
export class Session implements ConnectionOwner {
  readonly connection: RpcConnection;
  private service: FopService | undefined;
  /** What is to become the service, while the export is asked whether it is up. */
  private candidate: FopService | undefined;
  /** The export said that it was down while it was asked. */
  private isInDoubt = false;
  private readonly deadline: Timer;
  private readonly forget: () => void;
  /** Of this connection one line of the log is enough. */
  private hasToldOfGarbage = false;

  constructor(
    private readonly host: SessionHost,
    stream: ByteStream,
  ) {
    const limits = { ...host.limits, recordBytes: HANDSHAKE_RECORD_BYTES };
    const { clock } = host.platform;
    this.connection = new RpcConnection(stream, this, clock, limits);
    this.forget = host.memory.add(this.connection);
    this.deadline = clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      if (this.service === undefined) this.connection.close('no handshake');
    });
  }

  get clientId(): string | undefined {
    return this.service?.client.id;
  }

  uses(exported: Translator): boolean {
    return (this.service ?? this.candidate)?.translator === exported;
  }

  called(call: IncomingCall): void {
    if (!this.isBelieved()) {
      call.deny();
      return;
    }
    try {
      this.dispatch(call);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.garbage(error.message);
      call.refuse(BAD_ARGUMENTS);
    }
  }

  /** Arguments that cannot be decoded: the caller is told, as a brick of GlusterFS does. */
  private garbage(why: string): void {
    if (this.hasToldOfGarbage) return;
    this.hasToldOfGarbage = true;
    const address = endpointText(this.connection.stream.remote);
    this.host.noted('warn', 'a call cannot be decoded', { address, client: this.clientId, why });
  }

  closed(why: string): void {
    this.deadline.cancel();
    this.forget();
    const { isMalformed, stream } = this.connection;
    if (this.service === undefined) {
      if (isMalformed || why.startsWith(TLS_FAULT))
        this.host.noted('warn', 'stranger sent away', {
          address: endpointText(stream.remote),
          why,
        });
      this.host.ended(this);
      return;
    }
    const { id, address } = this.service.client;
    const level = isMalformed ? 'warn' : 'info';
    this.host.noted(level, 'client disconnected', { client: id, address, why });
    void this.leave(this.service);
  }

  /**
   * Tells the client something unasked. One that does not read is not told of locks, which it would give back sooner; but what it
   * remembers must not stay wrong, so it is sent away and asks anew.
   */
  tell(upcall: Upcall): void {
    const { connection } = this;
    if (connection.stream.queuedBytes >= this.host.limits.queuedBytes) {
      if (upcall.kind === 'invalidate') connection.close('it does not read what it is told');
      return;
    }
    const root = this.service?.root ?? ROOT_GFID;
    const seen = root === ROOT_GFID ? upcall : upcallWithin(upcall, root);
    connection.tell(CALLBACK_PROGRAM, PROCEDURE[upcall.kind], (writer) =>
      writeUpcall(writer, seen),
    );
  }

  /** Is the export still up for this client? If not, the client is sent away. */
  async recheck(): Promise<void> {
    if (this.service === undefined) {
      this.isInDoubt = true;
      return;
    }
    const errno = await rootFault(this.service);
    if (errno !== undefined) this.connection.close(`export is down (${errno})`);
  }

  private isBelieved(): boolean {
    return this.host.allowsInsecurePorts || this.connection.stream.remote.port < FIRST_OPEN_PORT;
  }

  private async leave(service: FopService): Promise<void> {
    await service.gone();
    this.host.ended(this);
  }

  private dispatch(call: IncomingCall): void {
    const program = PROGRAMS.find(({ number }) => number === call.header.program);
    if (program === undefined) call.refuse(NO_PROGRAM);
    else if (program.version !== call.header.version) call.refuseVersion(program);
    else this.dispatchTo(program, call);
  }

  private dispatchTo(program: Program, call: IncomingCall): void {
    if (program === DUMP_PROGRAM) answerDump(call, PROGRAMS);
    else if (program === HANDSHAKE_PROGRAM) this.shakeHands(call);
    else if (this.service === undefined) call.refuse(BAD_ARGUMENTS);
    else this.service.called(call);
  }

  private shakeHands(call: IncomingCall): void {
    switch (call.header.procedure) {
      case 0:
      case HANDSHAKE.PING:
        sendNothing(call);
        break;
      case HANDSHAKE.SETVOLUME:
        this.setVolume(call);
        break;
      case HANDSHAKE.GETSPEC:
        refuseGetSpec(call, 'ENOSYS', 'a brick serves no volfiles');
        break;
      case HANDSHAKE.SET_LK_VER:
        answerSetLkVersion(call);
        break;
      default:
        call.refuse(NO_PROCEDURE);
    }
  }

  private setVolume(call: IncomingCall): void {
    const dict = readSetVolume(call.args);
    if (this.candidate !== undefined || this.service !== undefined) {
      this.turnAway(call, { errno: 'EINVAL', why: 'this connection is introduced already' });
      return;
    }
    const introduction = introduce(dict, this.connection.stream, this.host);
    if ('errno' in introduction) this.turnAway(call, introduction);
    else void this.welcome(call, introduction);
  }

  private turnAway(call: IncomingCall, refusal: { errno: ErrnoName; why: string }): void {
    const { host, port } = this.connection.stream.remote;
    const { errno, why } = refusal;
    // A subvolume that is not up yet is asked for again and again, and that is no offence.
    const level = errno === 'EAGAIN' ? 'info' : 'warn';
    this.host.noted(level, 'client refused', { address: endpointText({ host, port }), errno, why });
    sendSetVolume(call, errno, new Map([['ERROR', why]]));
  }

  /** The client is let in if the export can show its root to it. */
  private async welcome(
    call: IncomingCall,
    { exported, client, subdir }: Exclude<Introduction, { errno: ErrnoName }>,
  ): Promise<void> {
    const whole = new FopService(exported, client, this.serviceContext);
    this.candidate = whole;
    const found = await this.within(whole, subdir);
    const isFound = typeof found !== 'string';
    const errno = isFound ? await this.faultOf(found) : found;
    const service = isFound ? found : whole;
    this.candidate = undefined;
    if (this.connection.isOver) {
      call.drop();
    } else if (this.host.isKnown(client.id)) {
      this.turnAway(call, { errno: 'EBUSY', why: 'a client with this process-uuid is connected' });
    } else if (errno !== undefined) {
      const why = isFound
        ? `the subvolume is not up (${errno})`
        : `${subdir} cannot be the root (${errno})`;
      this.turnAway(call, { errno: errno === 'ENOTCONN' ? 'EAGAIN' : errno, why });
    } else {
      this.service = service;
      this.accept(call, service);
    }
  }

  /** The service of one directory, or why there is none. */
  private async within(
    whole: FopService,
    subdir: string | undefined,
  ): Promise<FopService | ErrnoName> {
    if (subdir === undefined) return whole;
    const { translator, client } = whole;
    try {
      const root = await findSubdirectory(translator, subdir, whole.ownFrame);
      return new FopService(translator, client, this.serviceContext, root);
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return error.errno;
    }
  }

  private get serviceContext(): ServiceContext {
    const { name, squash } = this.host;
    return { where: name, squash, garbage: (why) => this.garbage(why) };
  }

  private async faultOf(service: FopService): Promise<ErrnoName | undefined> {
    for (;;) {
      this.isInDoubt = false;
      const errno = await rootFault(service);
      if (errno !== undefined || !this.isInDoubt) return errno;
    }
  }

  private accept(call: IncomingCall, { exported, client }: FopService): void {
    this.connection.allowRecords(this.host.limits.recordBytes);
    const { id, address, login } = client;
    this.host.noted('info', 'client connected', {
      client: id,
      address,
      login,
      export: exported.name,
    });
    sendSetVolume(
      call,
      undefined,
      new Map([
        ['ERROR', 'Success'],
        ['child_up', '1'],
        ['process-uuid', this.host.processId],
        ['clnt-lk-version', '0'],
      ]),
    );
  }
}

/** Why the export does not show its root to the client, if it does not. */
async function rootFault(service: FopService): Promise<ErrnoName | undefined> {
  const root = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };
  try {
    await service.exported.wind('lookup', root, service.ownFrame);
    return undefined;
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    return error.errno;
  }
}
