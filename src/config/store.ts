import { ancestors, type Key } from './key.js';
import type { CommitMark } from './log/entry.js';
import { type Change, NO_HASH, type SealedRecord } from './log/record.js';
import { type Members, NO_MEMBERS, parseMembers } from './members.js';

export interface StoredValue {
  readonly value: Buffer;
  /** Revision that made the key, and revision that changed it last. */
  readonly created: number;
  readonly revision: number;
  readonly timeMs: number;
}

export interface StoredDirectory {
  readonly created: number;
  readonly timeMs: number;
  /** Components below, values and directories. */
  readonly children: ReadonlySet<string>;
}

interface Directory extends StoredDirectory {
  readonly children: Set<string>;
}

/** A join token, by its hash; `since` is the revision that gave it out. */
export interface Token {
  readonly hash: string;
  readonly ttlSeconds: number;
  readonly since: number;
}

/** What became of a request: what it is answered with, the first time and whenever it is repeated. */
export interface Outcome {
  readonly revision: number;
  /** How many changes it made. */
  readonly changes: number;
}

/** How many request ids are remembered to answer a repeat with. */
export const REMEMBERED_REQUESTS = 32_768;

/** Which keys and directories a commit touched. */
export type Touched = ReadonlySet<Key>;

/**
 * The state that all committed records up to `mark` make, in memory: the same on every node at the same revision.
 * Nothing but `apply` changes it.
 */
export class Store {
  mark: CommitMark = { revision: 0, hash: NO_HASH };
  timeMs = 0;
  cluster: string | undefined;
  members: Members = NO_MEMBERS;
  /** The revision of the list, and the time, for the markers. */
  membersRevision = 0;
  membersTimeMs = 0;
  private readonly values = new Map<Key, StoredValue>();
  private readonly directories = new Map<Key, Directory>([
    ['', { created: 0, timeMs: 0, children: new Set() }],
  ]);
  private readonly requests = new Map<string, Outcome>();
  private readonly tokens = new Map<string, Token>();

  get revision(): number {
    return this.mark.revision;
  }

  value(key: Key): StoredValue | undefined {
    return this.values.get(key);
  }

  directory(key: Key): StoredDirectory | undefined {
    return this.directories.get(key);
  }

  /** True where `init` would find values already. */
  get isPopulated(): boolean {
    return this.values.size > 0;
  }

  get valueCount(): number {
    return this.values.size;
  }

  /** What an earlier request with this id came to. */
  outcome(requestId: string): Outcome | undefined {
    return this.requests.get(requestId);
  }

  token(hash: string): Token | undefined {
    return this.tokens.get(hash);
  }

  /** All keys with values at or below `prefix`, in name order of each directory. */
  *keysWithin(prefix: Key): Generator<Key> {
    if (this.values.has(prefix)) yield prefix;
    const directory = this.directories.get(prefix);
    if (!directory) return;
    for (const name of [...directory.children].sort())
      yield* this.keysWithin(prefix === '' ? name : `${prefix}/${name}`);
  }

  /** All directories at or below `prefix`, outer ones first. */
  *directoriesWithin(prefix: Key): Generator<Key> {
    const directory = this.directories.get(prefix);
    if (!directory) return;
    if (prefix !== '') yield prefix;
    for (const name of directory.children)
      yield* this.directoriesWithin(prefix === '' ? name : `${prefix}/${name}`);
  }

  /**
   * Takes the next record. Throws where it is not the next one, which only a bug or a damaged log can bring about.
   */
  apply(sealed: SealedRecord): Touched {
    const { record } = sealed;
    if (record.revision !== this.revision + 1 || !record.previous.equals(this.mark.hash))
      throw new Error(`record ${record.revision} does not follow revision ${this.revision}`);
    const touched = new Set<Key>();
    for (const change of record.changes)
      this.change(change, record.revision, record.timeMs, touched);
    this.remember(record.requestId, {
      revision: record.revision,
      changes: record.changes.length,
    });
    this.mark = { revision: record.revision, hash: sealed.hash };
    this.timeMs = record.timeMs;
    return touched;
  }

  private change(change: Change, revision: number, timeMs: number, touched: Set<Key>): void {
    switch (change.type) {
      case 'put':
        this.put(change.key, change.value, revision, timeMs, touched);
        return;
      case 'delete':
        this.remove(change.key, touched);
        return;
      case 'members':
        this.members = parseMembers(change.json);
        this.membersRevision = revision;
        this.membersTimeMs = timeMs;
        return;
      case 'cluster':
        this.cluster = (JSON.parse(change.json) as { id: string }).id;
        return;
      case 'token': {
        const { hash, ttlSeconds } = JSON.parse(change.json) as Token;
        this.tokens.set(hash, { hash, ttlSeconds, since: revision });
        return;
      }
      case 'token-used':
        this.tokens.delete((JSON.parse(change.json) as { hash: string }).hash);
        return;
    }
  }

  private put(key: Key, value: Buffer, revision: number, timeMs: number, touched: Set<Key>): void {
    const before = this.values.get(key);
    this.values.set(key, { value, created: before?.created ?? revision, revision, timeMs });
    touched.add(key);
    if (before) return;
    let child = key;
    for (const parent of [...ancestors(key).reverse(), '']) {
      const name = child.slice(parent === '' ? 0 : parent.length + 1);
      const known = this.directories.get(parent);
      known?.children.add(name);
      if (known) return;
      this.directories.set(parent, { created: revision, timeMs, children: new Set([name]) });
      touched.add(parent);
      child = parent;
    }
  }

  private remove(key: Key, touched: Set<Key>): void {
    if (!this.values.delete(key)) return;
    touched.add(key);
    let child = key;
    for (const parent of [...ancestors(key).reverse(), '']) {
      const directory = this.directories.get(parent);
      directory?.children.delete(child.slice(parent === '' ? 0 : parent.length + 1));
      if (parent === '' || !directory || directory.children.size > 0) return;
      this.directories.delete(parent);
      touched.add(parent);
      child = parent;
    }
  }

  private remember(requestId: string, outcome: Outcome): void {
    if (requestId === '') return;
    this.requests.set(requestId, outcome);
    if (this.requests.size <= REMEMBERED_REQUESTS) return;
    for (const oldest of this.requests.keys()) {
      this.requests.delete(oldest);
      return;
    }
  }
}
