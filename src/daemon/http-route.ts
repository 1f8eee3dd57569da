import type { IncomingHttpHeaders } from 'node:http';
import type { PeerService } from '../config/peers.js';
import type { Access, Need } from './http-access.js';
import { type Answer, badRequest, HttpRefusal } from './http-answer.js';
import type { Relay } from './relay.js';
import type { Asker, Verbs } from './verbs.js';

/** What of a node HTTP stands in front of. */
export interface Served {
  readonly verbs: Verbs;
  readonly peers: PeerService;
  /** What peers prove themselves with; undefined while this node is in no cluster. */
  clusterSecret(): string | undefined;
  /** What hangs in the node's own work, which only a new start mends; undefined while it goes on. */
  standstill(): string | undefined;
  /** Passes on what only a server can answer; undefined on a server, and on a node of no cluster. */
  readonly relay: Relay | undefined;
}

/** One request, as a route sees it. */
export interface Asked {
  readonly method: string;
  /** The path with its query, as sent. */
  readonly url: string;
  /** The percent-encoded path behind the route's own, without a leading slash. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly access: Access;
  readonly asker: Asker;
  /** The whole body, or HFS-1003 where it is longer than `maxBytes`. May be called once. */
  body(maxBytes: number): Promise<Buffer>;
}

export type Handler = (served: Served, asked: Asked) => Answer | Promise<Answer>;

export interface Action {
  readonly need: Need;
  /** Query parameters that it knows; any other is refused, not ignored. */
  readonly query?: readonly string[];
  readonly handle: Handler;
}

export interface Route {
  /** A whole path, or one that ends in `/` and takes all below it. */
  readonly path: string;
  readonly actions: Readonly<Record<string, Action>>;
}

export interface Match {
  readonly action: Action;
  readonly rest: string;
}

/** Finds who answers `method path`; throws 404 or 405 in the shape of every error. HEAD is GET without a body. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const route = routes.find((each) => isBelow(path, each.path));
  if (route === undefined) throw noSuchPage(path);
  const action = route.actions[method === 'HEAD' ? 'GET' : method];
  if (action === undefined) throw noSuchMethod(method, route);
  return { action, rest: path.slice(route.path.length) };
}

/** Throws HFS-1001 for a parameter that the action does not know, or knows and is given twice. */
export function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw badRequest(`unknown parameter ${JSON.stringify(name)}`, knownText(known));
    if (query.getAll(name).length > 1)
      throw badRequest(`parameter ${JSON.stringify(name)} stands twice`, 'only one can be meant');
  }
}

/** A yes or no of the query: absent is no, empty, `1` and `true` are yes. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === '0' || value === 'false') return false;
  if (value === '' || value === '1' || value === 'true') return true;
  throw badRequest(`${name}=${value}`, 'it is 1 or 0');
}

function isBelow(path: string, route: string): boolean {
  return route.endsWith('/') ? path.startsWith(route) : path === route;
}

function knownText(known: readonly string[]): string {
  return known.length === 0 ? 'this request has none' : `known are ${known.join(', ')}`;
}

function noSuchPage(path: string): HttpRefusal {
  const what = `no such page: ${path.slice(0, 200)}`;
  const next = 'GET /v1/status, or see the table of requests in the README';
  return new HttpRefusal(404, { code: 'HFS-1009', what, why: 'nothing is served there', next });
}

function noSuchMethod(method: string, route: Route): HttpRefusal {
  const allowed = Object.keys(route.actions).flatMap((name) =>
    name === 'GET' ? [name, 'HEAD'] : [name],
  );
  const allow = allowed.join(', ');
  return new HttpRefusal(
    405,
    {
      code: 'HFS-1001',
      what: `${method} is not possible on ${route.path}`,
      why: `it takes ${allow}`,
      next: 'ask with one of these methods',
    },
    { Allow: allow },
  );
}
