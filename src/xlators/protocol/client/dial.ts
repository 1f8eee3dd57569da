import type { Upcall } from '../../../fop/upcall.js';
import type { ByteStream, Endpoint, Network } from '../../../platform/network.js';
import type { Clock } from '../../../platform/platform.js';
import { type ConnectionOwner, RpcConnection } from '../../../rpc/connection.js';
import { RpcError } from '../../../rpc/error.js';
import type { IncomingCall } from '../../../rpc/incoming-call.js';
import { NO_PROGRAM } from '../../../rpc/message.js';
import { CALLBACK, CALLBACK_PROGRAM } from '../../../rpc/programs.js';
import { readUpcall } from '../../../rpc/upcalls.js';

/**
 * Enough for a second SYN. Not more: where a cable was cut, the third and the fourth come so late that a new attempt is
 * sooner there when it is whole again.
 */
const CONNECT_TIMEOUT_MS = 1500;

/** A connection to a server, and what it says by itself. */
export class Line implements ConnectionOwner {
  /** Settles with the reason when the connection is over. */
  readonly over: Promise<string>;
  /** Told when the server says that the subvolume came up or went down. */
  childListener: ((isUp: boolean) => void) | undefined;
  /** Told what the server says of locks and of what other clients have changed. */
  upcallListener: ((upcall: Upcall) => void) | undefined;
  /** Told at once when the connection is over. */
  overListener: ((why: string) => void) | undefined;
  private hangUp: (why: string) => void = () => undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.hangUp = resolve;
    });
  }

  closed(why: string): void {
    this.overListener?.(why);
    this.hangUp(why);
  }

  /** Callbacks get no reply. Those that this client has no use for (new volfiles, leases) are hints. */
  called(call: IncomingCall): void {
    const { program, procedure } = call.header;
    if (program !== CALLBACK_PROGRAM.number) {
      call.refuse(NO_PROGRAM);
      return;
    }
    const upcall = this.upcallOf(call);
    call.drop();
    if (upcall) this.upcallListener?.(upcall);
    if (procedure === CALLBACK.CHILD_UP) this.childListener?.(true);
    else if (procedure === CALLBACK.CHILD_DOWN) this.childListener?.(false);
  }

  /** What cannot be read is left out: it was a hint, and the fops of this connection are none the worse. */
  private upcallOf({ header, args }: IncomingCall): Upcall | undefined {
    try {
      return readUpcall(header.procedure, args);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }
}

export interface Dialled {
  readonly line: Line;
  readonly connection: RpcConnection;
}

/** Connects, or throws a NetworkError. */
export function dial(network: Network, clock: Clock, endpoint: Endpoint): Promise<Dialled> {
  const line = new Line();
  return new Promise((resolve, reject) => {
    const connected = (stream: ByteStream): RpcConnection => {
      const connection = new RpcConnection(stream, line, clock);
      resolve({ line, connection });
      return connection;
    };
    network.connect(endpoint, connected, CONNECT_TIMEOUT_MS).catch(reject);
  });
}
