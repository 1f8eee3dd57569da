import { byteString, readable } from '../fop/name.js';
import type { ByteStream, Endpoint, Network } from '../platform/network.js';
import type { Clock } from '../platform/platform.js';
import { type ConnectionOwner, DEFAULT_LIMITS, RpcConnection } from '../rpc/connection.js';
import { NO_CREDENTIAL } from '../rpc/credentials.js';
import { answerDump, sendNothing } from '../rpc/dump.js';
import { RpcError } from '../rpc/error.js';
import {
  readGetSpec,
  readPortByBrick,
  refuseGetSpec,
  sendGetSpec,
  sendPort,
} from '../rpc/handshake.js';
import type { IncomingCall } from '../rpc/incoming-call.js';
import { BAD_ARGUMENTS, NO_PROCEDURE, NO_PROGRAM } from '../rpc/message.js';
import {
  CALLBACK,
  CALLBACK_PROGRAM,
  DUMP_PROGRAM,
  HANDSHAKE,
  HANDSHAKE_PROGRAM,
  PORTMAP,
  PORTMAP_PROGRAM,
  type Program,
} from '../rpc/programs.js';

/** It lists the portmapper: that is how clients know it from a brick. */
const PROGRAMS = [DUMP_PROGRAM, HANDSHAKE_PROGRAM, PORTMAP_PROGRAM];
const MAX_CONNECTIONS = 1024;
const LIMITS = { ...DEFAULT_LIMITS, recordBytes: 64 * 1024 };

/** What clients of GlusterFS ask the management port. */
export interface VolfileSource {
  /** The volfile of an id as a client was given it (`/vol`, `vol`), or undefined where there is none. */
  volfile(id: string): string | undefined;
  /** The port of a brick, by its path or volume name; undefined where it is not served here. */
  brickPort(brick: string): number | undefined;
}

export interface VolfileServer {
  readonly endpoint: Endpoint;
  /** Volfiles have changed: clients that are connected fetch theirs again. */
  changed(): void;
  close(): Promise<void>;
}

/**
 * Serves volfiles and brick ports to stock clients (`mount -t glusterfs HOST:/VOLUME`) at `at`. Throws a
 * NetworkError where it cannot listen there.
 */
export async function serveVolfiles(
  platform: { readonly network: Network; readonly clock: Clock },
  at: Endpoint,
  source: VolfileSource,
): Promise<VolfileServer> {
  const clients = new Set<VolfileClient>();
  const listener = await platform.network.listen(at, (stream) => {
    const client = new VolfileClient(stream, platform.clock, source, () => clients.delete(client));
    clients.add(client);
    if (clients.size > MAX_CONNECTIONS) client.connection.close('too many connections');
    return client.connection;
  });
  return {
    endpoint: listener.endpoint,
    changed() {
      for (const client of clients) client.tellChanged();
    },
    async close() {
      await listener.close();
      for (const client of clients) client.connection.close('the volfile server stops');
    },
  };
}

class VolfileClient implements ConnectionOwner {
  readonly connection: RpcConnection;
  private hasFetched = false;

  constructor(
    stream: ByteStream,
    clock: Clock,
    private readonly source: VolfileSource,
    private readonly left: () => void,
  ) {
    this.connection = new RpcConnection(stream, this, clock, LIMITS);
  }

  closed(): void {
    this.left();
  }

  called(call: IncomingCall): void {
    try {
      this.dispatch(call);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      call.refuse(BAD_ARGUMENTS);
    }
  }

  tellChanged(): void {
    if (!this.hasFetched) return;
    const call = this.connection.beginCall(CALLBACK_PROGRAM, CALLBACK.FETCHSPEC, NO_CREDENTIAL);
    this.connection.send(call.writer);
  }

  private dispatch(call: IncomingCall): void {
    const program = PROGRAMS.find(({ number }) => number === call.header.program);
    if (program === undefined) call.refuse(NO_PROGRAM);
    else if (program.version !== call.header.version) call.refuseVersion(program);
    else this.dispatchTo(program, call);
  }

  private dispatchTo(program: Program, call: IncomingCall): void {
    const { procedure } = call.header;
    if (program === DUMP_PROGRAM) answerDump(call, PROGRAMS);
    else if (procedure === 0) sendNothing(call);
    else if (program === PORTMAP_PROGRAM) this.answerPortmap(call, procedure);
    else this.answerHandshake(call, procedure);
  }

  private answerPortmap(call: IncomingCall, procedure: number): void {
    if (procedure === PORTMAP.PORTBYBRICK)
      sendPort(call, this.source.brickPort(readable(readPortByBrick(call.args))));
    else call.refuse(NO_PROCEDURE);
  }

  private answerHandshake(call: IncomingCall, procedure: number): void {
    if (procedure === HANDSHAKE.PING) sendNothing(call);
    else if (procedure === HANDSHAKE.GETSPEC) this.answerGetSpec(call);
    else call.refuse(NO_PROCEDURE);
  }

  private answerGetSpec(call: IncomingCall): void {
    const volfile = this.source.volfile(readable(readGetSpec(call.args)));
    if (volfile === undefined) {
      refuseGetSpec(call, 'ENOENT', '');
      return;
    }
    this.hasFetched = true;
    sendGetSpec(call, byteString(volfile));
  }
}
