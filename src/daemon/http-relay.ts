import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../config/error.js';
import { MAX_MESSAGE_BYTES } from '../config/message.js';
import { doesNotServe } from './cluster-errors.js';
import { checkAccess, checkPeer } from './http-access.js';
import { type Answer, bytes, problemAnswer } from './http-answer.js';
import {
  type Asked,
  checkQuery,
  type Handler,
  matchRoute,
  type Route,
  type Served,
} from './http-route.js';
import { decodeRelayed, encodeAnswer, type RelayedRequest } from './relay.js';

/** What of a request's headers means something to a server. */
const HEADERS = ['if-match', 'if-none-match', 'content-type', 'accept'] as const;

/** A handler for what only the config filesystem can answer: a node that does not serve passes the request on to one that does. */
export function relayed(maxBytes: number, handle: Handler): Handler {
  return async (served, asked) => {
    if (served.relay === undefined) return handle(served, asked);
    return relayRequest(served, asked, await asked.body(maxBytes));
  };
}

/** Passes on a request whose body has been read. */
export async function relayRequest(served: Served, asked: Asked, body: Buffer): Promise<Answer> {
  if (served.relay === undefined) throw new TypeError('a server relays nothing');
  const { method, url } = asked;
  return served.relay.ask({ method, url, headers: passed(asked.headers), body }, asked.asker);
}

function passed(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const found = HEADERS.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    found.filter((pair): pair is [(typeof pair)[0], string] => typeof pair[1] === 'string'),
  );
}

/** The other end: a server answers as if it had been asked itself. */
export function relayRoute(routes: readonly Route[]): Route {
  const handle = async (served: Served, asked: Asked): Promise<Answer> => {
    checkPeer(asked.access, served.clusterSecret());
    const { request, asker } = decodeRelayed(await asked.body(MAX_MESSAGE_BYTES));
    if (served.relay !== undefined) throw doesNotServe();
    return bytes(encodeAnswer(await answered(routes, served, request, asker)));
  };
  return { path: '/v1/peer/relay', actions: { POST: { need: 'peer', handle } } };
}

async function answered(
  routes: readonly Route[],
  served: Served,
  request: RelayedRequest,
  asker: Asked['asker'],
): Promise<Answer> {
  try {
    const { method, url, headers, body } = request;
    const at = url.indexOf('?');
    const { action, rest } = matchRoute(routes, method, at === -1 ? url : url.slice(0, at));
    const access = { caller: asker.isRoot ? 'root' : 'local', bearer: undefined } as const;
    checkAccess(access, action.need);
    const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
    checkQuery(query, action.query ?? []);
    return await action.handle(served, {
      ...{ method, url, rest, query, headers, access, asker },
      body: async () => body,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return problemAnswer(error, asker.requestId);
  }
}
