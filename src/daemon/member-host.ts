import { ConfigError } from '../config/error.js';

/** Where a member may be: a name or an address, and the port of its HTTP where one was said. */
export interface MemberHost {
  readonly host: string;
  readonly port: number | undefined;
}

const V6 = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i;
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?$/;

/** Reads `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT` or a bare IPv6 address. Throws HFS-1001. */
export function memberHost(text: string): MemberHost {
  if (V6.test(text)) return { host: text, port: undefined };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const isHost = match?.[1] === undefined ? NAME.test(host) : V6.test(host);
  if (!isHost || port === 0 || (port ?? 1) > 65_535) throw unfit(text);
  return { host, port };
}

/** True for what need not be looked up. */
export function isAddress(host: string): boolean {
  return V6.test(host) || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

function unfit(text: string): ConfigError {
  return new ConfigError(
    'HFS-1001',
    `member ${JSON.stringify(text)} refused`,
    'it is HOST or HOST:PORT',
    'correct it',
  );
}
