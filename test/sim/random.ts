import type { Random } from '../../src/platform/platform.js';

/** Mixes text into 32 bits (FNV-1a with a final avalanche). */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * All chance in the simulator: xoshiro128** (Blackman, Vigna), seeded by text. The same seed gives the same
 * numbers on every machine. `fork` gives each consumer a stream of its own, so that one that draws more
 * does not change what the others see.
 */
export class SimRandom implements Random {
  private readonly state: Int32Array;

  constructor(private readonly seed: string) {
    this.state = Int32Array.from([0, 1, 2, 3], (lane) => hash32(`${lane}:${seed}`) | 1);
  }

  fork(label: string): SimRandom {
    return new SimRandom(`${this.seed}/${label}`);
  }

  /** 32 random bits, as an unsigned number. */
  next(): number {
    const s = this.state;
    const s0 = s[0] ?? 0;
    const s1 = s[1] ?? 0;
    const s2 = (s[2] ?? 0) ^ s0;
    const s3 = (s[3] ?? 0) ^ s1;
    const times5 = Math.imul(s1, 5);
    s[1] = s1 ^ s2;
    s[0] = s0 ^ s3;
    s[2] = s2 ^ (s1 << 9);
    s[3] = (s3 << 11) | (s3 >>> 21);
    return Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
  }

  /** From 0 up to, not including, 1, with 53 bits. */
  float(): number {
    return ((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) / 0x20000000000000;
  }

  int(below: number): number {
    if (!(below >= 1)) throw new RangeError(`no integer below ${below}`);
    return Math.floor(this.float() * below);
  }

  /** From `low` up to, not including, `high`; not rounded. */
  between(low: number, high: number): number {
    return low + this.float() * (high - low);
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** Mostly small, sometimes large: exponentially distributed around `mean`. */
  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.int(from.length)];
    if (found === undefined) throw new RangeError('picked from nothing');
    return found;
  }

  shuffled<T>(from: readonly T[]): T[] {
    const keyed = from.map((item) => ({ item, key: this.float() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let at = 0; at < count; at++) bytes[at] = this.next() >>> 24;
    return bytes;
  }

  uuid(): string {
    const bytes = this.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-');
  }
}
