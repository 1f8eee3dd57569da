import { createHash } from 'node:crypto';

const MODULUS = 65_521;
/** So many sums stay below 2^31. */
const BLOCK_BYTES = 3_800;

/** Adler-32 that begins with 0 instead of 1, as rsync and GlusterFS have it. */
export function weakChecksum(data: Uint8Array): number {
  let [a, b] = [0, 0];
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    for (const byte of data.subarray(start, start + BLOCK_BYTES)) {
      a += byte;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b * 65_536 + a) >>> 0;
}

/** 32 bytes: SHA-256, or MD5 in the first 16 where FIPS is not asked for. */
export function strongChecksum(data: Uint8Array, isFips: boolean): Buffer {
  if (isFips) return createHash('sha256').update(data).digest();
  return Buffer.concat([createHash('md5').update(data).digest(), Buffer.alloc(16)]);
}
