import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../config/error.js';
import { isSameSecret } from './secret.js';

/**
 * Who is at the other end. `root`: on the local socket, or with the state dir's token. `local`: a program on this
 * machine without credentials. `remote`: anybody else.
 */
export type Caller = 'root' | 'local' | 'remote';

/** Who may use a route: everybody, programs on this machine, root, or (checked by the route) a peer. */
export type Need = 'public' | 'local' | 'root' | 'peer';

export interface Access {
  readonly caller: Caller;
  /** The bearer secret, as sent. */
  readonly bearer: string | undefined;
}

/** Reads who asks. `isSocket`: the request came over the unix socket, which only root can open. */
export function accessOf(request: IncomingMessage, isSocket: boolean, token: string): Access {
  const bearer = bearerOf(request.headers.authorization);
  if (isSocket) return { caller: 'root', bearer };
  if (bearer !== undefined && isSameSecret(bearer, token)) return { caller: 'root', bearer };
  const isLocal = isLoopback(request.socket.remoteAddress ?? '') && !isFromBrowser(request);
  return { caller: isLocal ? 'local' : 'remote', bearer };
}

/** Throws HFS-4001 where `access` does not reach what a route needs. Wrong credentials are worse than none. */
export function checkAccess(access: Access, need: Need): void {
  if (need === 'public' || need === 'peer' || access.caller === 'root') return;
  if (access.bearer !== undefined)
    throw refused('the token is not the one of this state directory');
  if (need === 'root')
    throw refused('this needs the local socket or the token of the state directory');
  if (access.caller === 'remote')
    throw refused('without credentials, only the status is shown to other machines');
}

/** Throws HFS-4001 for a peer that does not know the cluster's secret. */
export function checkPeer(access: Access, secret: string | undefined): void {
  if (secret === undefined) throw refused('this node is not part of a cluster yet');
  if (access.bearer === undefined || !isSameSecret(access.bearer, secret))
    throw refused("this needs the cluster's secret");
}

export function refused(why: string): ConfigError {
  const next = 'use the socket as root, or send "Authorization: Bearer" with <state-dir>/token';
  return new ConfigError('HFS-4001', 'not authorised', why, next);
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || (isAddress(plain) && plain.startsWith('127.'));
}

/**
 * A page in a browser on this machine reaches loopback too, with a name of its own choice that resolves here.
 * What tells it apart is an Origin, or a Host that is neither an address nor localhost.
 */
function isFromBrowser(request: IncomingMessage): boolean {
  if (request.headers.origin !== undefined) return true;
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host !== 'localhost' && !isAddress(host);
}

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host);
}

function bearerOf(header: string | undefined): string | undefined {
  const match = /^bearer +(\S+) *$/i.exec(header ?? '');
  if (match) return match[1];
  return header === undefined ? undefined : '';
}
