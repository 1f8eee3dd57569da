/**
 * A gfid names an inode everywhere: on each brick, on the wire, in the log.
 * In memory it is its canonical text, 36 lower-case characters, because it is a map key,
 * a handle's file name and a word in messages far more often than it is 16 bytes.
 */
export type Gfid = string;

/** The root of every volume. */
export const ROOT_GFID: Gfid = '00000000-0000-0000-0000-000000000001';

/** No inode: what the wire carries where a gfid is not known. */
export const NULL_GFID: Gfid = '00000000-0000-0000-0000-000000000000';

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for canonical text: lower case, with hyphens. */
export function isGfid(text: string): text is Gfid {
  return CANONICAL.test(text);
}

/** The 16 bytes of a gfid, in a buffer of their own. */
export function gfidBytes(gfid: Gfid): Buffer {
  return Buffer.from(gfid.replaceAll('-', ''), 'hex');
}

/** Reads the 16 bytes at `offset`; the caller has checked that they are there. */
export function gfidFromBytes(bytes: Buffer, offset = 0): Gfid {
  const hex = bytes.toString('hex', offset, offset + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The inode number that GlusterFS shows for a gfid: its last eight bytes, big-endian. */
export function inodeNumber(gfid: Gfid): bigint {
  return BigInt(`0x${gfid.slice(19, 23)}${gfid.slice(24)}`);
}
