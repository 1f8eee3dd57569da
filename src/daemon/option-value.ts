import { ConfigError } from '../config/error.js';
import type { Endpoint } from '../platform/network.js';

/*
 * The text of each kind of option, read into what it means. All throw HFS-1001, with what would have been right.
 */

export interface PortRange {
  readonly low: number;
  readonly high: number;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `HOST:PORT`, `[V6]:PORT`. */
export function endpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s/[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw unfit(text, 'it is HOST:PORT');
  return { host, port: port(match?.[3] ?? '', 0) };
}

export function port(text: string, min = 1): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= 65_535))
    throw unfit(text, `a port is a number from ${min} to 65535`);
  return value;
}

export function portRange(text: string): PortRange {
  const match = /^(\d+)-(\d+)$/.exec(text);
  if (match === null) throw unfit(text, 'it is LOW-HIGH');
  const range = { low: port(match[1] ?? ''), high: port(match[2] ?? '') };
  if (range.low > range.high) throw unfit(text, 'the low port is above the high one');
  return range;
}

/** Where the addresses of other members come from. */
export type MemberOption =
  | { readonly kind: 'gluster' }
  | { readonly kind: 'file'; readonly path: string }
  /** HOST:PORT each. */
  | { readonly kind: 'list'; readonly hosts: readonly string[] };

/** `gluster`, `file:PATH` or `list:HOST:PORT,HOST:PORT`. */
export function members(text: string): MemberOption {
  if (text === 'gluster') return { kind: 'gluster' };
  const [, kind, rest = ''] = /^(file|list):(.*)$/s.exec(text) ?? [];
  if (kind === 'file') return { kind: 'file', path: nonEmpty(rest) };
  if (kind !== 'list') throw unfit(text, 'it is gluster, file:PATH or list:HOST:PORT,HOST:PORT');
  const hosts = rest.split(',');
  for (const host of hosts) if (endpoint(host).port === 0) throw unfit(host, 'port 0 is nobody');
  return { kind: 'list', hosts };
}

export function level(text: string): LogLevel {
  const found = LOG_LEVELS.find((each) => each === text);
  if (found === undefined) throw unfit(text, `levels are ${LOG_LEVELS.join(', ')}`);
  return found;
}

/** The name of a node: what people type and files are called after. */
export function nodeName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text))
    throw unfit(text, 'a name has letters, digits, dots, hyphens and underscores, up to 128');
  return text;
}

/** An address that can stand in a volfile: no name of several words, no port. */
export function dialAddress(text: string): string {
  if (!/^[A-Za-z0-9.:_-]{1,253}$/.test(text)) throw unfit(text, 'it is an address without a port');
  return text;
}

/**
 * What others dial where only the address to listen at was given. One that means all of the machine's is nowhere: then it is
 * loopback, which nodes elsewhere are refused with.
 */
export function dialledAt(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return /^[0:]+$/.test(host) ? '::1' : host;
}

export function nonEmpty(text: string): string {
  if (text === '' || text.includes('\0')) throw unfit(text, 'it is the name of a file');
  return text;
}

function unfit(text: string, why: string): ConfigError {
  return new ConfigError('HFS-1001', `value ${JSON.stringify(text)} refused`, why, 'see --help');
}
