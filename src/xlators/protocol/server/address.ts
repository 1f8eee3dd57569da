/*
 * Lists of addresses as `auth.addr` has them: shell patterns, networks a.b.c.d/len, `!` in front of one that is
 * not to match. Names of hosts are no addresses and match nothing but `localhost`.
 */

/** One entry of a list. */
export interface AddressPattern {
  readonly isNegated: boolean;
  readonly text: string;
}

const LOOPBACK = ['127.0.0.1', '::1'];

/** Reads a list with commas. A form that grants only a subdirectory is not served: addressFault tells. */
export function addressPatterns(list: string): readonly AddressPattern[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) =>
      entry.startsWith('!')
        ? { isNegated: true, text: entry.slice(1) }
        : { isNegated: false, text: entry },
    );
}

/** What of a list is not served, if anything. */
export function addressFault(list: string): string | undefined {
  const entry = addressPatterns(list).find(({ text }) => text.startsWith('/'));
  return entry && `mounting a subdirectory (${entry.text}) is not supported`;
}

export function matchesAddress(address: string, patterns: readonly AddressPattern[]): boolean {
  return patterns.some(({ isNegated, text }) => matches(address, text) !== isNegated);
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
