import type { Dict } from '../../../src/fop/dict.js';
import { Fd, O_RDWR } from '../../../src/fop/fd.js';
import { type Gfid, gfidBytes, ROOT_GFID } from '../../../src/fop/gfid.js';
import { encodeFop, type RawClient } from './raw-client.js';

export const LOADS = [
  'lookup',
  'read 4 KiB',
  'write 4 KiB',
  'read 128 KiB',
  'write 128 KiB',
] as const;
export type LoadName = (typeof LOADS)[number];

const NAMES = 256;
const KIB = 1024;
const FILE_BYTES = 16 * KIB * KIB;
const DATA_GFID = gfidOf(0);

/** What a stock client with md-cache asks along with a lookup. */
const LOOKUP_XDATA: Dict = new Map(
  ['security.capability', 'system.posix_acl_access', 'system.posix_acl_default'].map(
    (key) => [key, { type: 'int', int: 0n }] as const,
  ),
);

/** Names and gfids are the same in each run, so that a brick is filled once. */
function gfidOf(number: number): Gfid {
  return `b0b0b0b0-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

function gfidRequest(gfid: Gfid): Dict {
  return new Map([['gfid-req', { type: 'bytes', bytes: gfidBytes(gfid) }]]);
}

export function mknodRecord(number: number): Buffer {
  const entry = { pargfid: ROOT_GFID, bname: `file-${number}`, mode: 0o100644, umask: 0o022 };
  return encodeFop('mknod', { ...entry, dev: 0, xdata: gfidRequest(gfidOf(number)) });
}

export function lookupRecord(number: number): Buffer {
  const entry = { pargfid: ROOT_GFID, bname: `file-${number}` };
  return encodeFop('lookup', { gfid: gfidOf(number), ...entry, xdata: LOOKUP_XDATA });
}

/** Makes what the load needs on the brick, and answers its requests. */
export async function prepare(client: RawClient, load: LoadName): Promise<readonly Buffer[]> {
  if (load === 'lookup') {
    const numbers = Array.from({ length: NAMES }, (_, index) => index + 1);
    for (const number of numbers) await client.ask(mknodRecord(number));
    return numbers.map(lookupRecord);
  }
  await openData(client);
  const size = (load.includes('128') ? 128 : 4) * KIB;
  const fd = new Fd(DATA_GFID, O_RDWR);
  return Array.from({ length: NAMES }, () => {
    const offset = Math.floor(Math.random() * (FILE_BYTES / size)) * size;
    const at = { fd, offset, flags: 0, xdata: null };
    if (load.startsWith('read')) return encodeFop('readv', { ...at, size });
    return encodeFop('writev', { ...at, data: Buffer.alloc(size, 'w') });
  });
}

/** A file with bytes in it, as the first fd of the connection. */
async function openData(client: RawClient): Promise<void> {
  const fd = new Fd(DATA_GFID, O_RDWR);
  const entry = { pargfid: ROOT_GFID, bname: 'data', mode: 0o100644, umask: 0o022 };
  const xdata = gfidRequest(DATA_GFID);
  const made = await client.wind('create', { ...entry, flags: O_RDWR, fd, xdata });
  if (made.fd !== 0) throw new Error(`the first fd has the number ${made.fd}`);
  if (made.reply.stat.size === FILE_BYTES) return;
  const data = Buffer.alloc(KIB * KIB, 'd');
  for (let offset = 0; offset < FILE_BYTES; offset += data.length)
    await client.wind('writev', { fd, offset, flags: 0, data, xdata: null });
}
