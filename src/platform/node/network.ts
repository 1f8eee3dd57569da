import { createConnection, createServer, type Socket } from 'node:net';
import {
  type ByteStream,
  type Endpoint,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
} from '../network.js';
import { codeOf, listenWith, SOCKET_OPTIONS } from './listening.js';
import { acceptedStream } from './receiving.js';
import { SocketStream } from './socket-stream.js';
import { tlsNetwork } from './tls-network.js';

/** The machine's TCP. A name where an address belongs is resolved by the system. */
export function nodeNetwork(): Network {
  return { connect, listen, secured: tlsNetwork };
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
  return listenWith(
    createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (socket) => {
      const stream = acceptedStream(socket);
      stream.tell(accept(stream));
    }),
    at,
  );
}
