import type { Acceptor, AcceptorMaker } from '../../src/config/log/acceptor.js';
import type { Entry, LogHeader } from '../../src/config/log/entry.js';
import { decodeEntry, encodeEntry } from '../../src/config/log/entry.js';
import { compareEpochs } from '../../src/config/log/epoch.js';
import { recordHash } from '../../src/config/log/record.js';
import { VoterLog } from '../../src/config/log/voter-log.js';
import type { Server } from '../../src/config/members.js';
import { ConfigNode, type ConfigNodeSetup } from '../../src/daemon/config-node.js';
import { WatchedLog } from './watched-log.js';

/*
 * Bugs to plant in config-world, to see that its checks find them. Each is another implementation of something that
 * production is given, or a step between two of its layers.
 */
export const CONFIG_BUGS = {
  'no-size-check': 'an append is taken for good whatever size the brick answers',
  'no-sync': 'a disk confirms what it has not synced',
  'keeps-old-epoch': 'a new leader writes what it found open again under the epoch that it had',
  'commits-early': 'an accept says of itself that it is committed, and is applied before it is',
  'no-dedupe': 'a node has a repeated request done again',
} as const;

export type ConfigBug = keyof typeof CONFIG_BUGS | 'none';

type Log = Acceptor & AcceptorMaker;

/** Production's node, over logs that are watched and may have a bug. */
export class WatchedNode extends ConfigNode {
  private readonly parsed = new Set<VoterLog>();

  constructor(
    setup: ConfigNodeSetup,
    private readonly bug: ConfigBug,
    private readonly strikes: () => boolean,
  ) {
    super(setup);
  }

  override acceptor(server: Server): Log {
    return new WatchedLog(this.withBug(super.acceptor(server)), this.strikes);
  }

  private withBug(log: Log): Log {
    if (this.bug === 'no-size-check') return new BlindLog(log);
    if (this.bug === 'commits-early') return new RewritingLog(log, this.parsed, markedCommitted);
    if (this.bug === 'keeps-old-epoch')
      return new RewritingLog(log, this.parsed, (entry) => underOldEpoch(entry, this.parsed));
    return log;
  }
}

/** Answers the size that was expected. */
class BlindLog implements Log {
  private expected = 0;

  constructor(private readonly log: Log) {}

  open(): Promise<LogHeader> {
    return this.log.open();
  }

  async append(bytes: Buffer): Promise<number> {
    this.expected += bytes.length;
    const told = this.expected;
    await this.log.append(bytes);
    return told;
  }

  read(offset: number, length: number): Promise<Buffer> {
    return this.log.read(offset, length);
  }

  async size(): Promise<number> {
    this.expected = await this.log.size();
    return this.expected;
  }

  create(first: Buffer): Promise<void> {
    return this.log.create(first);
  }

  close(): void {
    this.log.close();
  }
}

/**
 * Appends other entries of the same length than its writer thinks, with the right prefix hashes for them: only what they say is
 * wrong, not how they say it.
 */
class RewritingLog implements Log {
  private truth = new VoterLog();

  constructor(
    private readonly log: Log,
    private readonly parsed: Set<VoterLog>,
    private readonly rewrite: (entry: Entry) => Entry,
  ) {
    parsed.add(this.truth);
  }

  open(): Promise<LogHeader> {
    this.parsed.delete(this.truth);
    this.truth = new VoterLog();
    this.parsed.add(this.truth);
    return this.log.open();
  }

  async append(bytes: Buffer): Promise<number> {
    const { truth } = this;
    const entry = this.rewrite(decodeEntry(bytes, 0, bytes.length));
    const prefix = { prefixLength: truth.parsed, prefixHash: truth.prefixHash() };
    const written = encodeEntry({ ...entry, ...prefix });
    const expected = truth.parsed + truth.waiting + written.length;
    const size = await this.log.append(written);
    if (size === expected) truth.feed(written);
    return size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = await this.log.read(offset, length);
    if (offset === this.truth.parsed + this.truth.waiting) this.truth.feed(Buffer.from(bytes));
    return bytes;
  }

  size(): Promise<number> {
    return this.log.size();
  }

  create(first: Buffer): Promise<void> {
    return this.log.create(first);
  }

  close(): void {
    this.log.close();
  }
}

function markedCommitted(entry: Entry): Entry {
  if (entry.body.kind !== 'accept') return entry;
  const { first, records } = entry.body;
  const last = records.at(-1);
  if (last === undefined) return entry;
  return { ...entry, commit: { revision: first + records.length - 1, hash: recordHash(last) } };
}

function underOldEpoch(entry: Entry, logs: Iterable<VoterLog>): Entry {
  if (entry.body.kind !== 'accept') return entry;
  const [record] = entry.body.records;
  if (record === undefined) return entry;
  const hash = recordHash(record);
  let old: Entry['epoch'] | undefined;
  for (const log of logs) {
    const accept = log.accept(entry.body.first);
    if (!accept?.hash.equals(hash) || compareEpochs(accept.epoch, entry.epoch) >= 0) continue;
    if (old === undefined || compareEpochs(accept.epoch, old) > 0) old = accept.epoch;
  }
  return old === undefined ? entry : { ...entry, epoch: old };
}
