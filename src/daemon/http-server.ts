import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ConfigError } from '../config/error.js';
import { MAX_KEY_BYTES } from '../config/key.js';
import { type Endpoint, endpointText } from '../platform/network.js';
import { whyTaken } from '../platform/node/port-holder.js';
import type { Clock } from '../platform/platform.js';
import { badRequest } from './http-answer.js';

/** How long and how much the server waits for clients. */
export interface HttpLimits {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxConnections: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 65_000,
  maxConnections: 1024,
};

/** The line of a request and all of its headers. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Answers under way get so long when the server closes. */
const CLOSE_MS = 500;

export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server that slow, endless or senseless clients cannot hold up. `listener` never rejects. */
export function newServer(limits: HttpLimits, listener: Listener): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  server.maxConnections = limits.maxConnections;
  server.timeout = limits.requestTimeoutMs * 2;
  const unanswered = new Unanswered();
  const run = (request: IncomingMessage, response: ServerResponse) => {
    unanswered.add(request, response);
    void listener(request, response);
  };
  server.on('request', run);
  server.on('checkContinue', run);
  server.on('checkExpectation', run);
  server.on('clientError', (error: ParserError, socket) =>
    unanswered.afterwards(socket, () => refuseGarbage(error, socket)),
  );
  return server;
}

/** Requests that came whole and wait for their answers, by connection: what follows them may be garbage. */
class Unanswered {
  private readonly bySocket = new WeakMap<Duplex, Set<ServerResponse>>();

  add({ socket }: IncomingMessage, response: ServerResponse): void {
    const waiting = this.bySocket.get(socket) ?? new Set();
    this.bySocket.set(socket, waiting.add(response));
    response.once('close', () => waiting.delete(response));
  }

  /** Runs `act` when all of them are answered, which they are in the order in which they came. */
  afterwards(socket: Duplex, act: () => void): void {
    const whole = [...(this.bySocket.get(socket) ?? [])].filter(({ req }) => req.complete);
    const last = whole.at(-1);
    if (last === undefined) act();
    else last.once('finish', act);
  }
}

/** What is no HTTP at all, or too slow, or has headers without end, gets an answer and no second chance. */
function refuseGarbage(error: ParserError, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const [status, why] = GARBAGE[error.code ?? ''] ?? ['400 Bad Request', 'it is not HTTP'];
  if (error.code === 'HPE_HEADER_OVERFLOW' && isOneLine(error.rawPacket))
    answerGarbage(socket, '414 URI Too Long', KEY_TOO_LONG);
  else
    answerGarbage(
      socket,
      status,
      badRequest('the request cannot be read', why, 'check the client'),
    );
}

interface ParserError extends NodeJS.ErrnoException {
  /** What was read when the parser gave up: the beginning of the request, where its first line alone is too long. */
  readonly rawPacket?: Buffer;
}

function isOneLine(packet: Buffer | undefined): boolean {
  return /^[A-Z]+ \/[^\r\n]*$/.test(packet?.toString('latin1', 0, MAX_HEADER_BYTES) ?? '');
}

const KEY_TOO_LONG = new ConfigError(
  'HFS-1002',
  'key refused',
  `the line of the request is longer than ${MAX_HEADER_BYTES} bytes`,
  `a key has up to ${MAX_KEY_BYTES} bytes`,
);

function answerGarbage(socket: Duplex, status: string, refusal: ConfigError): void {
  const body = `${JSON.stringify({ ...refusal.toJSON(), requestId: '' })}\n`;
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const GARBAGE: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'its headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'it did not arrive in time'],
};

/** Where a server listens: TCP, or a unix socket. */
export type Place = Endpoint | { readonly path: string };

/** Throws HFS-5001 where somebody else listens already. */
export function listen(server: Server, at: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(at, error)));
    server.listen(at, () => resolve());
  });
}

function listenError(at: Place, error: NodeJS.ErrnoException): ConfigError {
  const where = 'path' in at ? at.path : endpointText(at);
  const port = 'path' in at ? 0 : at.port;
  const why = error.code === 'EADDRINUSE' ? whyTaken(port) : error.message;
  const next = 'stop that program, or choose another address with --http';
  return new ConfigError('HFS-5001', `cannot listen on ${where}`, why, next, error);
}

/** Accepts nobody any more and settles when all connections are over. */
export async function close(server: Server, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    clock.after(CLOSE_MS, () => server.closeAllConnections());
  });
}
