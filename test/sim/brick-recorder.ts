import { type ErrnoName, FopError } from '../../src/fop/error.js';
import type { ByteString } from '../../src/fop/name.js';
import type { Disk, FileNumber } from '../../src/platform/disk.js';
import { type Change, changesBetween, type Picture, pictureOf } from './brick-picture.js';

/** One system call that changed something, as a picture of before and after tells. */
export interface Effect {
  readonly call: string;
  readonly changes: readonly Change[];
  /** Whether a sync that ended later has put it on the platter, on a disk that syncs no more than it is asked to. */
  isSynced: boolean;
}

const READING: ReadonlySet<string> = new Set([
  'lstat',
  'stat',
  'fstat',
  'close',
  'read',
  'readdir',
  'readlink',
  'getxattr',
  'listxattr',
  'statfs',
  'seek',
  'readLarge',
]);

/** A disk that notes what each call below one directory changes, once `start` was called. */
export class Recorder {
  readonly disk: Disk;
  readonly effects: Effect[] = [];
  before: Picture | undefined;
  private now: Picture | undefined;
  private refusal: { readonly index: number; readonly errno: ErrnoName } | undefined;

  constructor(
    private readonly under: Disk,
    private readonly path: ByteString,
  ) {
    this.disk = new Proxy(under, { get: (_, call) => this.method(String(call)) });
  }

  start(): void {
    this.before = pictureOf(this.under, this.path);
    this.now = this.before;
    this.effects.length = 0;
  }

  /** The call that comes after `index` calls that changed something fails, and changes nothing. */
  refuse(index: number, errno: ErrnoName): void {
    this.refusal = { index, errno };
  }

  private checkRefusal(call: string): void {
    const { refusal } = this;
    if (refusal === undefined || this.effects.length !== refusal.index) return;
    this.refusal = undefined;
    throw new FopError(refusal.errno, call);
  }

  private method(call: string): unknown {
    const method: unknown = Reflect.get(this.under, call);
    if (typeof method !== 'function' || READING.has(call)) return bound(method, this.under);
    return (...args: readonly unknown[]) => {
      this.checkRefusal(call);
      const synced = /sync/.test(call) ? this.inodeOf(args[0]) : undefined;
      const answer: unknown = Reflect.apply(method, this.under, args);
      if (!(answer instanceof Promise)) {
        this.note(call, args);
        return answer;
      }
      return answer.then((value: unknown) => {
        if (synced !== undefined) this.sync(synced);
        this.note(call, args);
        return value;
      });
    };
  }

  private note(call: string, args: readonly unknown[]): void {
    if (this.now === undefined) return;
    const after = pictureOf(this.under, this.path);
    const changes = changesBetween(this.now, after);
    this.now = after;
    const where = args.filter((arg) => typeof arg === 'string').join(' ');
    if (changes.length > 0)
      this.effects.push({ call: `${call} ${where}`, changes, isSynced: false });
  }

  private inodeOf(target: unknown): bigint {
    return typeof target === 'string'
      ? this.under.lstat(target).ino
      : this.under.fstat(target as FileNumber).ino;
  }

  /** A sync of an inode is one of its bytes and attributes, and of the names that lead to it or that it holds. */
  private sync(ino: bigint): void {
    for (const effect of this.effects)
      if (
        effect.changes.some(
          (change) => change.ino === ino || ('child' in change && change.child === ino),
        )
      )
        effect.isSynced = true;
  }
}

function bound(method: unknown, self: Disk): unknown {
  return typeof method === 'function' ? method.bind(self) : method;
}
