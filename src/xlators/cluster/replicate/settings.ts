import type { Translator } from '../../../fop/translator.js';
import type { Options } from '../../../graph/spec.js';
import { PendingKeys } from './pending.js';
import type { QuorumRule } from './quorum.js';
import type { HashMode } from './read-order.js';

/** A replica set's options, checked against each other. */
export interface ReplicateSettings {
  readonly keys: PendingKeys;
  readonly quorum: QuorumRule;
  readonly arbiter: number | undefined;
  readonly preferred: number | undefined;
  readonly hashMode: HashMode;
  /** Listings tell attributes only of entries that are read where the directory is. */
  readonly isMetadataConsistent: boolean;
  /** Names that are owed are noted, not only their directory. */
  readonly isGranular: boolean;
  /** Attributes and names are marked only after a failure, if all subvolumes are there. */
  readonly isOptimistic: boolean;
  /** The lock and the mark of a write are kept for the next one. */
  readonly isEager: boolean;
  readonly postOpDelayMs: number;
  /** Bytes are synced before the mark of their change is taken off. */
  readonly isDurable: boolean;
}

/** The settings of a replica set of these subvolumes; an Error says which options do not go together. */
export function replicateSettings(
  options: Options,
  children: readonly Translator[],
): ReplicateSettings {
  const count = children.length;
  const names = children.map(({ name }) => name);
  const isArbitrated = options.int('arbiter-count') === 1;
  if (isArbitrated && count < 3) throw new Error('arbiter-count needs 3 subvolumes');
  return {
    keys: new PendingKeys(pendingNames(options, names), options.required('afr-dirty-xattr')),
    quorum: options.bool('consistent-io') ? count : quorumRule(options, count),
    arbiter: isArbitrated ? count - 1 : undefined,
    preferred: preferredChild(options, names),
    hashMode: options.int('read-hash-mode') as HashMode,
    isMetadataConsistent: options.bool('consistent-metadata'),
    isGranular: options.bool('granular-entry-heal'),
    isOptimistic: options.bool('optimistic-change-log'),
    isEager: options.bool('eager-lock'),
    postOpDelayMs: options.int('post-op-delay-secs') * 1000,
    isDurable: options.bool('ensure-durability'),
  };
}

function pendingNames(options: Options, names: readonly string[]): readonly string[] {
  const text = options.text('afr-pending-xattr');
  if (text === undefined) return names;
  const found = text.split(',').map((name) => name.trim());
  if (found.length !== names.length || found.includes(''))
    throw new Error(
      `afr-pending-xattr names ${found.length} subvolumes, there are ${names.length}`,
    );
  return found;
}

/** Unless told otherwise, replica 3 and more asks for a quorum and replica 2 does not, as in GlusterFS. */
function quorumRule(options: Options, count: number): QuorumRule {
  const type = options.text('quorum-type') ?? (count > 2 ? 'auto' : 'none');
  if (type !== 'fixed') return type === 'auto' ? 'auto' : 'none';
  const least = options.int('quorum-count');
  if (least < 1 || least > count)
    throw new Error(`quorum-type fixed needs a quorum-count from 1 to ${count}`);
  return least;
}

function preferredChild(options: Options, names: readonly string[]): number | undefined {
  const name = options.text('read-subvolume');
  const index = name === undefined ? options.int('read-subvolume-index') : names.indexOf(name);
  if (name === undefined && index === -1) return undefined;
  if (names[index] === undefined)
    throw new Error(`read-subvolume ${name ?? index} is none of the subvolumes`);
  return index;
}
