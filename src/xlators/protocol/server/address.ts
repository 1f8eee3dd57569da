import { type ByteString, byteString } from '../../../fop/name.js';

/*
 * Lists of addresses as `auth.addr` has them: shell patterns, networks a.b.c.d/len, `!` in front of one that is
 * not to match. Names of hosts are no addresses and match nothing but `localhost`.
 */

/** One entry of a list. */
export interface AddressPattern {
  readonly isNegated: boolean;
  readonly text: string;
  /** The directory that it is about. */
  readonly directory: ByteString | undefined;
}

const LOOPBACK = ['127.0.0.1', '::1'];

const DIRECTORY_ENTRY = /^(\/[^()]*)\(([^()]+)\)$/;

/** Reads a list with commas: addresses, or `/directory(address|address)` for those who may have that directory as their root. */
export function addressPatterns(list: string): readonly AddressPattern[] {
  return entriesOf(list).flatMap((entry) => {
    const [, directory, addresses] = DIRECTORY_ENTRY.exec(entry) ?? [];
    if (directory === undefined || addresses === undefined) return [patternOf(entry, undefined)];
    return addresses.split('|').map((address) => patternOf(address.trim(), byteString(directory)));
  });
}

function entriesOf(list: string): string[] {
  const entries = list.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

function patternOf(entry: string, directory: ByteString | undefined): AddressPattern {
  const isNegated = entry.startsWith('!');
  return { isNegated, text: isNegated ? entry.slice(1) : entry, directory };
}

/** What of a list cannot be understood, if anything. */
export function addressFault(list: string): string | undefined {
  const entry = entriesOf(list).find((each) => each.startsWith('/') && !DIRECTORY_ENTRY.test(each));
  return entry && `${entry} is not of the form /directory(address|address)`;
}

/** Whether a client at `address` may have `subdir` as its root; an entry that names no directory is good for all of them. */
export function matchesAddress(
  address: string,
  patterns: readonly AddressPattern[],
  subdir = '/',
): boolean {
  return patterns.some(
    ({ isNegated, text, directory = subdir }) =>
      directory === subdir && matches(address, text) !== isNegated,
  );
}

function matches(address: string, text: string): boolean {
  if (text === 'localhost') return LOOPBACK.includes(address);
  if (text.includes('/')) return isInNetwork(address, text);
  return shellPattern(text).test(address);
}

function isInNetwork(address: string, network: string): boolean {
  const [base = '', length = ''] = network.split('/');
  const [one, other] = [ipv4Number(address), ipv4Number(base)];
  if (one === undefined || other === undefined || !/^\d{1,2}$/.test(length)) return false;
  const bits = Number(length);
  if (bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(one / size) === Math.floor(other / size);
}

function ipv4Number(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  const parts = address.split('.').map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** A shell pattern; one that is none matches nothing. */
export function shellPattern(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  try {
    return new RegExp(`^${source.replace(/\[!/g, '[^')}$`);
  } catch {
    return /^(?!)/;
  }
}
