/*
 * Large buffers that are used again. Each one made anew costs more than the system call it is made for: pages that the kernel
 * clears, and a garbage collection of the whole heap for every few megabytes.
 */

const UNIT_BYTES = 64 * 1024;
/** What a READ or WRITE of a megabyte takes, with its headers. */
const MOST_UNITS = 17;
/** What is kept for later, of all sizes together. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

const held = new Map<number, ArrayBuffer[]>();
let heldBytes = 0;
/** Those that somebody has and may give back, once. */
const lent = new WeakSet<ArrayBufferLike>();

/** A buffer of that size with anything in it. Whoever has it may give it back, or leave it to the garbage collector. */
export function takeBuffer(size: number): Buffer {
  const units = Math.ceil(size / UNIT_BYTES);
  if (size < UNIT_BYTES || units > MOST_UNITS) return Buffer.allocUnsafe(size);
  const kept = held.get(units)?.pop();
  if (kept !== undefined) heldBytes -= kept.byteLength;
  const bytes = kept ?? Buffer.allocUnsafeSlow(units * UNIT_BYTES).buffer;
  lent.add(bytes);
  return Buffer.from(bytes, 0, size);
}

/** Takes back what takeBuffer gave, or a part of it, of which nobody looks at anything any more. Others are left alone. */
export function giveBuffer(buffer: Uint8Array): void {
  const bytes = buffer.buffer;
  if (!lent.delete(bytes) || !(bytes instanceof ArrayBuffer)) return;
  if (heldBytes + bytes.byteLength > MAX_HELD_BYTES) return;
  heldBytes += bytes.byteLength;
  const units = bytes.byteLength / UNIT_BYTES;
  const same = held.get(units);
  if (same === undefined) held.set(units, [bytes]);
  else same.push(bytes);
}
