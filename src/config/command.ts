import { ConfigError } from './error.js';
import { ancestors, isWithin, type Key } from './key.js';
import type { Change } from './log/record.js';
import type { Store } from './store.js';

/** What must hold of a key for its write to happen. */
export type Condition = { readonly ifRevision: number } | { readonly ifAbsent: true } | null;

/** A request to change something, before anybody has decided whether it may. */
export type Command =
  | { readonly op: 'put'; readonly key: Key; readonly value: Buffer; readonly condition: Condition }
  | {
      readonly op: 'remove';
      readonly key: Key;
      readonly recursive: boolean;
      readonly condition: Condition;
    }
  | { readonly op: 'init'; readonly values: ReadonlyMap<Key, Buffer> }
  /** Changes of members and tokens. `ifMembers`: only on that list; `ifToken`: only while that one is there. */
  | {
      readonly op: 'system';
      readonly changes: readonly Change[];
      readonly ifMembers?: number;
      readonly ifToken?: string;
    };

/**
 * Reads of the state that a batch's earlier commands have already changed: what `evaluate` looks at. The leader
 * evaluates against the applied state plus the batch so far.
 */
export interface View {
  /** Revision of the key's last change, or undefined where there is no value. */
  revision(key: Key): number | undefined;
  isDirectory(key: Key): boolean;
  keysWithin(prefix: Key): Iterable<Key>;
  readonly isPopulated: boolean;
  readonly membersEpoch: number;
  hasToken(hash: string): boolean;
}

/** The changes that a command comes to in a state, or a ConfigError that says why it may not. Pure. */
export function evaluate(command: Command, view: View): readonly Change[] {
  switch (command.op) {
    case 'put':
      checkCondition(command.key, command.condition, view, 'written');
      checkRoom(command.key, view);
      return [{ type: 'put', key: command.key, value: command.value }];
    case 'remove':
      return evaluateRemove(command.key, command.recursive, command.condition, view);
    case 'init':
      return evaluateInit(command.values, view);
    case 'system':
      if (command.ifMembers !== undefined && command.ifMembers !== view.membersEpoch)
        throw new ConfigError(
          'HFS-3009',
          'the member list has changed meanwhile',
          `it was list ${command.ifMembers}, it is list ${view.membersEpoch} now`,
          'look at hfs_config servers and try again',
        );
      if (command.ifToken !== undefined && !view.hasToken(command.ifToken)) throw tokenRefused();
      return command.changes;
  }
}

/** A join token that was never given out, is used up or too old. */
export function tokenRefused(): ConfigError {
  return new ConfigError(
    'HFS-3001',
    'join token not accepted',
    'it is wrong, was used before, or has expired',
    'hfs_config token create, on a node that is a member, gives a new one',
  );
}

function checkCondition(key: Key, condition: Condition, view: View, done: string): void {
  if (condition === null) return;
  const revision = view.revision(key);
  if ('ifAbsent' in condition) {
    if (revision === undefined && !view.isDirectory(key)) return;
    throw new ConfigError(
      'HFS-1005',
      `${key} was not ${done}`,
      'it exists, and the condition was that it does not',
      `hfs_config get ${key}`,
    );
  }
  if (revision === condition.ifRevision) return;
  throw new ConfigError(
    'HFS-1005',
    `${key} was not ${done}`,
    revision === undefined
      ? `it does not exist, and the condition was revision ${condition.ifRevision}`
      : `it is at revision ${revision}, and the condition was revision ${condition.ifRevision}`,
    `hfs_config get ${key} --json shows its revision`,
  );
}

/** A key is a value or a directory, never both. */
function checkRoom(key: Key, view: View): void {
  if (view.isDirectory(key))
    throw new ConfigError(
      'HFS-1007',
      `${key} was not written`,
      'it is a directory',
      `hfs_config list ${key}`,
    );
  const blocker = ancestors(key).find((each) => view.revision(each) !== undefined);
  if (blocker === undefined) return;
  throw new ConfigError(
    'HFS-1007',
    `${key} was not written`,
    `${blocker} is a value, not a directory`,
    `hfs_config delete ${blocker}, or choose another key`,
  );
}

function evaluateRemove(
  key: Key,
  recursive: boolean,
  condition: Condition,
  view: View,
): readonly Change[] {
  checkCondition(key, condition, view, 'removed');
  if (view.revision(key) !== undefined) return [{ type: 'delete', key }];
  if (!view.isDirectory(key))
    throw new ConfigError('HFS-1004', `no key ${key}`, 'nothing has that name', 'hfs_config list');
  if (!recursive)
    throw new ConfigError(
      'HFS-1008',
      `${key} was not removed`,
      'it is a directory',
      `hfs_config delete -r ${key} removes it with everything in it`,
    );
  return [...view.keysWithin(key)].map((each) => ({ type: 'delete', key: each }));
}

function evaluateInit(values: ReadonlyMap<Key, Buffer>, view: View): readonly Change[] {
  if (view.isPopulated)
    throw new ConfigError(
      'HFS-1006',
      'nothing was initialised',
      'the config filesystem has values already',
      'hfs_config list shows them; change single ones with hfs_config set',
    );
  const changes: Change[] = [];
  for (const [key, value] of values) {
    const above = ancestors(key).find((each) => values.has(each));
    if (above !== undefined)
      throw new ConfigError(
        'HFS-1007',
        'nothing was initialised',
        `${above} would be a value and a directory`,
        'give each name one meaning',
      );
    changes.push({ type: 'put', key, value });
  }
  return changes;
}

/** A store with the changes of a batch laid over it, revision by revision. */
export class BatchView implements View {
  private readonly puts = new Map<Key, number>();
  private readonly deletes = new Set<Key>();
  private membersChanges = 0;

  constructor(private readonly store: Store) {}

  /** The changes will be revision `revision`. */
  lay(changes: readonly Change[], revision: number): void {
    for (const change of changes) {
      if (change.type === 'put') {
        this.puts.set(change.key, revision);
        this.deletes.delete(change.key);
      } else if (change.type === 'delete') {
        this.puts.delete(change.key);
        this.deletes.add(change.key);
      } else if (change.type === 'members') this.membersChanges++;
    }
  }

  hasToken(hash: string): boolean {
    return this.store.token(hash) !== undefined;
  }

  revision(key: Key): number | undefined {
    if (this.deletes.has(key)) return undefined;
    return this.puts.get(key) ?? this.store.value(key)?.revision;
  }

  isDirectory(key: Key): boolean {
    for (const put of this.puts.keys()) if (put !== key && isWithin(put, key)) return true;
    const stored = this.store.directory(key);
    if (stored === undefined) return false;
    if (this.deletes.size === 0 || key === '') return true;
    for (const each of this.store.keysWithin(key)) if (!this.deletes.has(each)) return true;
    return false;
  }

  *keysWithin(prefix: Key): Generator<Key> {
    const found = new Set(this.store.keysWithin(prefix));
    for (const put of this.puts.keys()) if (isWithin(put, prefix)) found.add(put);
    for (const key of [...found].sort()) if (!this.deletes.has(key)) yield key;
  }

  get isPopulated(): boolean {
    if (this.puts.size > 0) return true;
    for (const key of this.store.keysWithin('')) if (!this.deletes.has(key)) return true;
    return false;
  }

  get membersEpoch(): number {
    return this.store.members.epoch + this.membersChanges;
  }
}
