import type { Flock } from './fops.js';
import type { Gfid } from './gfid.js';
import type { Iatt } from './iatt.js';
import type { ByteString } from './name.js';

/** Which attributes have changed (wire reference, section 14). */
export const INVALIDATED = {
  nlink: 0x1,
  mode: 0x2,
  owner: 0x4,
  size: 0x8,
  times: 0x10,
  atime: 0x20,
  permissions: 0x40,
  rename: 0x80,
  forget: 0x100,
  parentTimes: 0x200,
  xattr: 0x400,
  xattrRemoved: 0x800,
  /** All that is remembered of it. */
  everything: 0x2000,
} as const;

/** What a brick tells one of its clients unasked. */
export type Upcall =
  /** Another client has changed the inode: what this one remembers of it is wrong. */
  | {
      readonly kind: 'invalidate';
      readonly gfid: Gfid;
      /** Bits of INVALIDATED. */
      readonly flags: number;
      /** How long the client counts as remembering after it last asked, in seconds. */
      readonly expireSeconds: number;
      readonly stat: Iatt;
      readonly parent: Iatt;
      /** Of a rename, the directory that it came from. */
      readonly oldParent: Iatt;
      /** Extended attributes that have been set, with their values, or removed, with none. */
      readonly xattrs?: ReadonlyMap<ByteString, Buffer>;
    }
  /** Another client waits for this lock, which this one holds. */
  | {
      readonly kind: 'inodelk-contention';
      readonly gfid: Gfid;
      readonly flock: Flock;
      readonly domain: ByteString;
    }
  | {
      readonly kind: 'entrylk-contention';
      readonly gfid: Gfid;
      /** 0 read, 1 write. */
      readonly type: number;
      readonly pid: number;
      /** Undefined: all names. */
      readonly name: ByteString | undefined;
      readonly domain: ByteString;
    };
