import { FopError } from '../../../../fop/error.js';
import { Fd } from '../../../../fop/fd.js';
import { BLOCK_BYTES, BlockCopier, type BlockSink } from './block-copier.js';
import type { InspectedCopy } from './inspection.js';
import type { MarkBook } from './mark-book.js';
import type { HealSession } from './session.js';

/** Compared by one checksum, before single blocks are. */
const COMPARED_BYTES = 1024 * 1024;

/** The bytes of a file on their way from one subvolume to others. */
export interface DataCopy {
  readonly source: InspectedCopy;
  readonly sinks: readonly DataSink[];
}

export interface DataSink extends BlockSink {
  hasFailed: boolean;
  /** Makes it as long as the source. */
  prepare(): Promise<void>;
}

/**
 * `isAtOnce`: all of it is copied under one lock. Then a sink that is too short grows with its last block, and needs no other
 * preparation.
 */
export function dataCopy(
  session: HealSession,
  book: MarkBook,
  source: InspectedCopy,
  sinks: readonly InspectedCopy[],
  isAtOnce: boolean,
): DataCopy {
  return { source, sinks: sinks.map((copy) => sinkOf(session, book, source, copy, isAtOnce)) };
}

function sinkOf(
  session: HealSession,
  book: MarkBook,
  source: InspectedCopy,
  copy: InspectedCopy,
  isAtOnce: boolean,
): DataSink {
  const { replica, frame } = session;
  const { child, stat } = copy;
  const isArbiter = child === replica.settings.arbiter;
  let spoiling: Promise<void> | undefined;
  const spoil = (): Promise<void> => {
    spoiling ??= book.spoil(child, source.child, 'data');
    return spoiling;
  };
  const { size } = source.stat;
  return {
    child,
    oldSize: stat.size,
    hasFailed: false,
    takesBytes: !isArbiter,
    spoil,
    prepare: async () => {
      if (isArbiter || stat.size === size || (isAtOnce && stat.size < size)) return;
      await spoil();
      const request = { gfid: stat.gfid, offset: size, xdata: null };
      await replica.windTo(child, 'truncate', request, frame);
    },
  };
}

/** Brings one range over. What one checksum shows to be the same is not looked at any closer. */
export async function copyRange(
  session: HealSession,
  { source, sinks }: DataCopy,
  offset: number,
  size: number,
): Promise<void> {
  const copier = new BlockCopier(session, source.child, Fd.anonymous(source.stat.gfid));
  const end = Math.min(offset + size, source.stat.size);
  const open = (): readonly DataSink[] =>
    sinks.filter(({ hasFailed, takesBytes }) => takesBytes && !hasFailed);
  const copyBlock = async (at: number, length: number): Promise<void> => {
    const failed = await copier.copy(at, length, open(), at + length >= source.stat.size);
    for (const sink of sinks) if (failed.includes(sink.child)) sink.hasFailed = true;
  };
  const pieces = splitRange(offset, end, COMPARED_BYTES).map(async ([at, length]) => {
    if (length > BLOCK_BYTES && (await copier.areSame(at, length, open()))) return;
    const blocks = splitRange(at, at + length, BLOCK_BYTES);
    await Promise.all(blocks.map((block) => copyBlock(...block)));
  });
  await Promise.all(pieces);
}

function splitRange(
  offset: number,
  end: number,
  most: number,
): readonly (readonly [offset: number, length: number])[] {
  const parts: (readonly [number, number])[] = [];
  for (let at = offset; at < end; at += most) parts.push([at, Math.min(most, end - at)]);
  return parts;
}

/** Does something at a sink, unless it has failed already; notes where it fails. */
export async function attempt(sink: DataSink, act: () => Promise<void>): Promise<void> {
  if (sink.hasFailed) return;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    sink.hasFailed = true;
  }
}
