import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError } from '../config/error.js';
import type { Endpoint } from '../platform/network.js';
import type { Clock, Random } from '../platform/platform.js';
import { accessOf, checkAccess } from './http-access.js';
import { ADMIN_ROUTES } from './http-admin.js';
import { type Answer, badRequest, problemAnswer } from './http-answer.js';
import { Aborted, drain, readBody } from './http-body.js';
import { CONFIG_ROUTES } from './http-config.js';
import { relayRoute } from './http-relay.js';
import { checkQuery, matchRoute, type Route, type Served } from './http-route.js';
import {
  close,
  DEFAULT_LIMITS,
  type HttpLimits,
  type Listener,
  listen,
  newServer,
} from './http-server.js';
import { STATUS_ROUTES } from './http-status.js';
import { VERIFY_ROUTES } from './http-verify.js';
import { LocalSocket } from './local-socket.js';
import type { Asker } from './verbs.js';

const OWN_ROUTES: readonly Route[] = [
  ...STATUS_ROUTES,
  ...CONFIG_ROUTES,
  ...ADMIN_ROUTES,
  ...VERIFY_ROUTES,
];
export const ROUTES: readonly Route[] = [relayRoute(OWN_ROUTES), ...OWN_ROUTES];

const DEFAULT_TIMEOUT_SECONDS = 10;
const MAX_TIMEOUT_SECONDS = 3600;
/** A verb keeps its own deadline; this much later the answer goes out without it. */
const GRACE_MS = 500;

export interface HttpSetup {
  readonly at: Endpoint;
  /** Path of the unix socket; a file there is a dead one's and has been removed. */
  readonly socketPath: string;
  readonly token: string;
  /** Undefined while the node is being put together: requests are told so. */
  readonly served: () => Served | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of errors that are bugs, with the request that met them. */
  readonly onBug: (error: unknown, requestId: string) => void;
  readonly limits?: HttpLimits;
  /** Whether the socket's name is there still; where it is not, another one is made. */
  readonly isSocketThere?: () => boolean;
}

export interface RunningHttp {
  /** Where it listens on TCP; tells the port where 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Accepts nobody any more and gives answers under way a moment. */
  close(): Promise<void>;
}

/** Starts to answer on TCP and on the unix socket. Throws HFS-5001 where the port is taken. */
export async function serveHttp(setup: HttpSetup): Promise<RunningHttp> {
  const limits = setup.limits ?? DEFAULT_LIMITS;
  const tcp = newServer(limits, (request, response) => answer(setup, request, response, false));
  const onSocket: Listener = (request, response) => answer(setup, request, response, true);
  await listen(tcp, { host: setup.at.host, port: setup.at.port });
  let socket: LocalSocket;
  try {
    socket = await LocalSocket.open(setup.socketPath, () => newServer(limits, onSocket), setup);
  } catch (error) {
    tcp.close();
    throw error;
  }
  const bound = tcp.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : setup.at.port;
  return {
    endpoint: { host: setup.at.host, port },
    close: async () => void (await Promise.all([close(tcp, setup.clock), socket.close()])),
  };
}

async function answer(
  setup: HttpSetup,
  request: IncomingMessage,
  response: ServerResponse,
  isSocket: boolean,
): Promise<void> {
  const given = request.headers['hfs-request-id'];
  const requestId = isRequestId(given) ? given : setup.random.uuid();
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    send(response, await answered(setup, request, response, isSocket, requestId), requestId);
  } catch (error) {
    if (error instanceof Aborted) return;
    if (!(error instanceof ConfigError)) setup.onBug(error, requestId);
    send(response, problemAnswer(error, requestId), requestId);
  } finally {
    drain(request);
  }
}

async function answered(
  setup: HttpSetup,
  request: IncomingMessage,
  response: ServerResponse,
  isSocket: boolean,
  requestId: string,
): Promise<Answer> {
  const [path = '', search = ''] = splitOnce(request.url ?? '', '?');
  const { action, rest } = matchRoute(ROUTES, request.method ?? '', path);
  const access = accessOf(request, isSocket, setup.token);
  checkAccess(access, action.need);
  const query = new URLSearchParams(search);
  checkQuery(query, action.query ?? []);
  const asker = askerOf(request, access.caller === 'root', requestId);
  const served = setup.served();
  if (served === undefined) throw starting();
  const body = (maxBytes: number) => readBody(request, response, maxBytes);
  const { method = '', url = '' } = request;
  const asked = { method, url, rest, query, headers: request.headers, access, asker, body };
  return within(setup.clock, asker.timeoutMs + GRACE_MS, action.handle(served, asked));
}

function askerOf(request: IncomingMessage, isRoot: boolean, requestId: string): Asker {
  const given = request.headers['hfs-request-id'];
  if (given !== undefined && !isRequestId(given))
    throw badRequest('HFS-Request-Id', 'it is 1 to 64 printable characters without spaces');
  const header = request.headers['hfs-timeout'];
  const seconds = header === undefined ? DEFAULT_TIMEOUT_SECONDS : Number(header);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS))
    throw badRequest('HFS-Timeout', `it is seconds, more than 0 and up to ${MAX_TIMEOUT_SECONDS}`);
  return { isRoot, timeoutMs: Math.max(1, Math.round(seconds * 1000)), requestId };
}

function isRequestId(given: string | readonly string[] | undefined): given is string {
  return typeof given === 'string' && /^[\x21-\x7e]{1,64}$/.test(given);
}

async function within<T>(clock: Clock, ms: number, work: T | Promise<T>): Promise<T> {
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    const timer = clock.after(ms, () => reject(deadlinePassed()));
    stop = () => timer.cancel();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop();
  }
}

function send(response: ServerResponse, answer: Answer, requestId: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status === 304 ? {} : { 'Content-Length': answer.body.length }),
    'Cache-Control': 'no-store',
    'HFS-Request-Id': requestId,
  });
  response.end(answer.body);
}

function splitOnce(text: string, at: string): readonly string[] {
  const index = text.indexOf(at);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function starting(): ConfigError {
  return new ConfigError(
    'HFS-2006',
    'not ready',
    'hekafsd is still starting',
    'try again in a second',
  );
}

function deadlinePassed(): ConfigError {
  const why = 'the deadline of the request passed; whether a write happened is not known';
  return new ConfigError('HFS-2005', 'no answer in time', why, 'repeat with the same request id');
}
