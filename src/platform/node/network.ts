import { createConnection, createServer, type Server, type Socket } from 'node:net';
import {
  type ByteStream,
  type Endpoint,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
} from '../network.js';
import { SocketStream } from './socket-stream.js';

const KEEPALIVE_AFTER_MS = 20_000;
const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
} as const;
const BACKLOG = 1024;

/** The machine's TCP. A name where an address belongs is resolved by the system. */
export function nodeNetwork(): Network {
  return { connect, listen };
}

function connect(
  to: Endpoint,
  events: (stream: ByteStream) => StreamEvents,
  timeoutMs: number,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: to.host, port: to.port, ...SOCKET_OPTIONS });
    const fail = (code: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new NetworkError(code, to));
    };
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeoutMs);
    const refused = (error: Error): void => fail(codeOf(error));
    socket.on('error', refused);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', refused);
      resolve(open(socket, events));
    });
  });
}

function open(socket: Socket, events: (stream: ByteStream) => StreamEvents): ByteStream {
  const stream = new SocketStream(socket);
  stream.tell(events(stream));
  return stream;
}

function listen(at: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer(SOCKET_OPTIONS, (socket) => void open(socket, accept));
    server.once('error', (error) => reject(new NetworkError(codeOf(error), at)));
    server.listen({ host: at.host, port: at.port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error');
      // What goes wrong with one connection to be accepted (EMFILE, say) is no reason to end the others.
      server.on('error', () => undefined);
      resolve(listenerOf(server, at));
    });
  });
}

function listenerOf(server: Server, at: Endpoint): Listener {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    endpoint: { host: at.host, port },
    async close() {
      // Its callback waits for the accepted connections, which live on; the port is free at once.
      server.close();
    },
  };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}
