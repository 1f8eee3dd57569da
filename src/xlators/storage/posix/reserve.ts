import type { FopName, Reply, Request, Statfs } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Brick } from './brick.js';

/** What is kept free: a part of the disk, or so many bytes. */
export type ReserveRule = { readonly percent: number } | { readonly bytes: number };

/** How long an answer of the disk about its room is believed. */
const LOOK_AGAIN_MS = 1000;

/** Fops that take room; removing, and what only changes attributes that are there, goes on. */
const TAKES_ROOM = [
  ...(['mknod', 'mkdir', 'symlink', 'create', 'link', 'put', 'icreate'] as const),
  ...(['writev', 'fallocate', 'zerofill', 'copy_file_range', 'setxattr', 'fsetxattr'] as const),
] as const satisfies readonly FopName[];

/** Reads `storage.reserve`: a percentage (up to 100, with or without the sign), or a size. */
export function reserveRule(text: string): ReserveRule {
  const found = /^(\d{1,15}(?:\.\d{1,6})?)\s*(%|[KMGTP]?B?)$/i.exec(text.trim());
  const [, number, unit = ''] = found ?? [];
  const isPercent = unit === '%' || (unit === '' && Number(number) <= 100);
  if (number === undefined || (isPercent && Number(number) > 100))
    throw new Error(`option reserve: "${text}" is neither a percentage nor a size`);
  if (isPercent) return { percent: Number(number) };
  const power = ' KMGTP'.indexOf(unit.charAt(0).toUpperCase().replace('B', '') || ' ');
  return { bytes: Math.floor(Number(number) * 1024 ** power) };
}

/** Bytes of a disk that are kept free. */
export function reservedBytes(rule: ReserveRule, { blocks, frsize }: Statfs): number {
  return 'bytes' in rule ? rule.bytes : Math.floor((blocks * frsize * rule.percent) / 100);
}

/** A disk as clients see it: what is kept free is no room. What the filesystem keeps for root counts for that too. */
export function withoutReserve(rule: ReserveRule, statfs: Statfs): Statfs {
  const kept = Math.round(reservedBytes(rule, statfs) / statfs.frsize);
  const bfree = Math.max(0, statfs.bfree - kept);
  return { ...statfs, bfree, bavail: Math.min(statfs.bavail, bfree) };
}

/** Keeps the last of the disk for GlusterFS's own workers, whose process numbers are negative: a heal may need it. */
export class Reserve {
  private lookedMs = Number.NEGATIVE_INFINITY;
  private isShort = false;

  constructor(
    private readonly brick: Brick,
    private readonly rule: ReserveRule,
  ) {}

  /** The fops of a brick, of which those that take room answer ENOSPC while only the reserve is left. */
  guard(fops: Handlers): Handlers {
    if ('percent' in this.rule ? this.rule.percent === 0 : this.rule.bytes === 0) return fops;
    const guarded = TAKES_ROOM.flatMap((fop) => {
      const handler = fops[fop];
      return handler ? [[fop, this.guarded(handler as Handler<typeof fop>)] as const] : [];
    });
    return { ...fops, ...Object.fromEntries(guarded) };
  }

  private guarded<F extends FopName>(handler: Handler<F>): Handler<F> {
    return async (request, frame) => {
      if (frame.pid >= 0 && this.isUsedUp())
        throw this.brick.error('ENOSPC', 'only the reserve is left');
      return handler(request, frame);
    };
  }

  private isUsedUp(): boolean {
    const nowMs = this.brick.clock.monotonicMs();
    if (nowMs - this.lookedMs < LOOK_AGAIN_MS) return this.isShort;
    this.lookedMs = nowMs;
    const statfs = this.brick.disk.statfs(this.brick.root);
    const { bfree, bavail, frsize } = statfs;
    const free = (this.brick.namespace.isTrusted ? bfree : bavail) * frsize;
    const isShort = free < reservedBytes(this.rule, statfs);
    if (isShort !== this.isShort) this.tell(isShort, free);
    this.isShort = isShort;
    return isShort;
  }

  private tell(isShort: boolean, freeBytes: number): void {
    const message = isShort ? 'the disk is full up to its reserve' : 'the disk has room again';
    const next = 'free space, or set storage.reserve lower';
    this.brick.notice(message, {
      path: this.brick.root,
      freeBytes,
      ...(isShort ? { errno: 'ENOSPC, no space left on device', next } : {}),
    });
  }
}

type Handler<F extends FopName> = (request: Request<F>, frame: Frame) => Promise<Reply<F>>;
