import { type Dict, type DictValue, dictBytes } from '../../../fop/dict.js';
import type { ByteString } from '../../../fop/name.js';

/*
 * What a brick notes beside an inode of changes that other bricks have missed (engine reference, B.1): for each
 * subvolume one attribute of three signed 32-bit integers, big-endian.
 *
 *     trusted.afr.<name of the subvolume in afr-pending-xattr>   data | metadata | entry
 *     trusted.afr.dirty                                          data | metadata | entry, of changes under way
 *
 * A count that is not 0 accuses that subvolume's copy. A brick that accuses itself says that its copy is half made.
 */

export interface Marks {
  readonly data: number;
  readonly metadata: number;
  readonly entry: number;
}

export type MarkKind = keyof Marks;

export const NO_MARKS: Marks = Object.freeze({ data: 0, metadata: 0, entry: 0 });

/** What one brick says of the copies of an inode. */
export interface Testimony {
  /** By the number of the subvolume. */
  readonly about: readonly Marks[];
  /** Of changes that it saw begin and not end. */
  readonly dirty: Marks;
}

/** Counts of one kind. */
export function marksOf(kind: MarkKind, count: number): Marks {
  return { ...NO_MARKS, [kind]: count };
}

/** Sums, kind by kind. */
export function addMarks(one: Marks, other: Marks): Marks {
  return {
    data: one.data + other.data,
    metadata: one.metadata + other.metadata,
    entry: one.entry + other.entry,
  };
}

export function encodeMarks({ data, metadata, entry }: Marks): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(data, 0);
  bytes.writeInt32BE(metadata, 4);
  bytes.writeInt32BE(entry, 8);
  return bytes;
}

const PREFIX = 'trusted.afr.';

/** Reads one attribute; integers that are not there are 0. */
export function decodeMarks(bytes: Buffer | undefined): Marks {
  if (bytes === undefined) return NO_MARKS;
  const at = (offset: number): number =>
    bytes.length >= offset + 4 ? bytes.readInt32BE(offset) : 0;
  return { data: at(0), metadata: at(4), entry: at(8) };
}

/** The attributes that one replica set keeps its marks under. */
export class PendingKeys {
  private readonly keys: readonly ByteString[];
  private readonly asked: readonly (readonly [ByteString, DictValue])[];
  private readonly all: ReadonlySet<ByteString>;

  /** `names` stand for the subvolumes, in their order. */
  constructor(
    names: readonly ByteString[],
    private readonly dirtyKey: ByteString,
  ) {
    this.keys = names.map((name) => `${PREFIX}${name}`);
    this.all = new Set([...this.keys, dirtyKey]);
    this.asked = [...this.all].map((key) => [key, { type: 'int', int: 0n }] as const);
  }

  /** The xdata of a lookup or listing that asks for the marks as well. */
  ask(xdata: Dict): ReadonlyMap<ByteString, DictValue> {
    return new Map([...this.asked, ...(xdata ?? [])]);
  }

  /**
   * The dict of an xattrop that adds to what a brick says of subvolumes, and to what it says of changes under way. It names
   * every mark, those that stay as they are too, so that the answer is a testimony.
   */
  adding(about: ReadonlyMap<number, Marks>, dirty: Marks): ReadonlyMap<ByteString, DictValue> {
    const value = (marks: Marks): DictValue => ({ type: 'bytes', bytes: encodeMarks(marks) });
    const pairs = this.keys.map(
      (key, child) => [key, value(about.get(child) ?? NO_MARKS)] as const,
    );
    return new Map([...pairs, [this.dirtyKey, value(dirty)]]);
  }

  /** Where what a subvolume has missed is marked. */
  keyOf(child: number): ByteString {
    const key = this.keys[child];
    if (key === undefined) throw new TypeError(`there is no subvolume ${child}`);
    return key;
  }

  testimony(xdata: Dict): Testimony {
    const marks = (key: ByteString): Marks => decodeMarks(dictBytes(xdata, key));
    return { about: this.keys.map(marks), dirty: marks(this.dirtyKey) };
  }

  /** An answer without the marks that only this translator has asked for. */
  strip(answer: Dict, asked: Dict): Dict {
    if (answer === null || asked === null) return null;
    return new Map([...answer].filter(([key]) => !this.all.has(key) || asked.has(key)));
  }

  /** An answer without any marks: a volume has none, its bricks have. */
  hide(answer: Dict): Dict {
    if (answer === null) return null;
    return new Map([...answer].filter(([key]) => !this.isMark(key)));
  }

  /** One of this replica set's own. */
  isOwn(name: ByteString): boolean {
    return this.all.has(name);
  }

  isMark(name: ByteString): boolean {
    return name.startsWith(PREFIX) || this.all.has(name);
  }
}
