import type { SimRandom } from '../sim/random.js';

/** Words that lengths, counts and types are most often got wrong with. */
const WORDS = [0, 1, 2, 255, 4096, 65_537, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const LONGEST = 256 * 1024;

type Mutation = (record: Buffer, random: SimRandom, other: Buffer) => Buffer;

const flipBit: Mutation = (record, random) => {
  const at = random.int(record.length);
  record[at] = (record[at] ?? 0) ^ (1 << random.int(8));
  return record;
};

const setWord: Mutation = (record, random) => {
  if (record.length < 4) return record;
  const at = random.int(Math.floor(record.length / 4)) * 4;
  record.writeUInt32BE(random.pick(WORDS), at);
  return record;
};

const addToWord: Mutation = (record, random) => {
  if (record.length < 4) return record;
  const at = random.int(Math.floor(record.length / 4)) * 4;
  record.writeUInt32BE((record.readUInt32BE(at) + random.int(9) - 4) >>> 0, at);
  return record;
};

const truncate: Mutation = (record, random) => record.subarray(0, random.int(record.length + 1));

const lengthen: Mutation = (record, random) =>
  Buffer.concat([record, Buffer.alloc(random.int(64) + 1, random.int(256))]);

const cutOut: Mutation = (record, random) => {
  const from = random.int(record.length);
  const to = Math.min(record.length, from + 4 * (random.int(8) + 1));
  return Buffer.concat([record.subarray(0, from), record.subarray(to)]);
};

const repeat: Mutation = (record, random) => {
  const from = random.int(record.length);
  const piece = record.subarray(from, from + random.int(200));
  return Buffer.concat([record.subarray(0, from), piece, record.subarray(from)]);
};

const splice: Mutation = (record, random, other) =>
  Buffer.concat([
    record.subarray(0, random.int(record.length)),
    other.subarray(random.int(other.length)),
  ]);

const MUTATIONS = [
  flipBit,
  setWord,
  setWord,
  addToWord,
  truncate,
  lengthen,
  cutOut,
  repeat,
  splice,
];

/** The record, damaged `times` times; `other` is one to take pieces from. Neither is changed. */
export function mutated(record: Buffer, other: Buffer, times: number, random: SimRandom): Buffer {
  let damaged: Buffer = Buffer.from(record);
  for (let left = times; left > 0 && damaged.length > 0; left -= 1)
    damaged = random.pick(MUTATIONS)(damaged, random, other.length > 0 ? other : damaged);
  return damaged.subarray(0, LONGEST);
}
