import type { Command, Condition } from '../config/command.js';
import { ConfigError, type Problem } from '../config/error.js';
import { checkWritableKey, type Key, MAX_VALUE_BYTES } from '../config/key.js';
import type { HandChange } from './own-copy.js';

/** What the hekafsd of one server says of its own copy. */
export interface CopyChanges {
  readonly node: string;
  readonly name: string;
  readonly changes: readonly HandChange[];
}

/** One commit to be made of a hand's change. */
export interface PlannedAdoption {
  readonly path: Key;
  readonly change: 'put' | 'delete';
  /** Servers whose copies have it, the same bytes on all of them. */
  readonly from: readonly { readonly node: string; readonly name: string }[];
  /** The revision that it was made on. */
  readonly condition: Condition;
  /** Why it cannot be one; null where it can. */
  readonly problem: Problem | null;
}

/**
 * Works out which commits the changes come to. Throws HFS-3204 where two copies were changed differently at one path: nobody but a person
 * can choose. Pure.
 */
export function planAdoption(copies: readonly CopyChanges[]): readonly PlannedAdoption[] {
  const byPath = new Map<Key, { copy: CopyChanges; change: HandChange }[]>();
  for (const copy of copies)
    for (const change of copy.changes) {
      // Directories come and go with the values in them.
      if (change.kind === 'directory') continue;
      byPath.set(change.key, [...(byPath.get(change.key) ?? []), { copy, change }]);
    }
  const ambiguous = [...byPath].filter(([, all]) => new Set(all.map(versionOf)).size > 1);
  if (ambiguous.length > 0) throw severalVersions(ambiguous);
  return [...byPath].flatMap(([path, all]) => {
    const [first] = all;
    return first
      ? [
          planned(
            path,
            first.change,
            all.map(({ copy }) => copy),
          ),
        ]
      : [];
  });
}

function versionOf({ change }: { readonly change: HandChange }): string {
  return change.how === 'removed' ? 'removed' : `${change.kind} ${change.size} ${change.sha256}`;
}

function planned(path: Key, change: HandChange, copies: readonly CopyChanges[]): PlannedAdoption {
  return {
    path,
    change: change.how === 'removed' ? 'delete' : 'put',
    from: copies.map(({ node, name }) => ({ node, name })),
    condition: change.base === null ? { ifAbsent: true } : { ifRevision: change.base },
    problem: whyNot(path, change),
  };
}

/** A change that cannot be a commit stays as it is: `--repair` puts it right, and keeps a copy. */
function whyNot(path: Key, change: HandChange): Problem | null {
  if (change.kind === 'other') return notAdopted(path, 'a value is a file, and this is none');
  if (change.size > MAX_VALUE_BYTES)
    return notAdopted(path, `it has ${change.size} bytes, a value has ${MAX_VALUE_BYTES} at most`);
  try {
    checkWritableKey(path);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return notAdopted(path, `${error.what}: ${error.why}`);
    throw error;
  }
}

function notAdopted(path: Key, why: string): Problem {
  const next = 'hfs_config verify --repair puts it right and keeps a copy in conflicts/';
  return { code: 'HFS-3205', what: `${path} cannot be adopted`, why, next };
}

function severalVersions(
  ambiguous: readonly (readonly [Key, readonly { copy: CopyChanges; change: HandChange }[]])[],
): ConfigError {
  const [path, all] = ambiguous[0] ?? ['', []];
  const versions = all.map(
    ({ copy, change }) =>
      `${copy.name} ${change.sha256 === null ? 'has it removed' : `holds ${change.sha256.slice(0, 12)}`}`,
  );
  const more = ambiguous.length > 1 ? ` (and ${ambiguous.length - 1} more)` : '';
  return new ConfigError(
    'HFS-3204',
    `nothing was adopted: ${path}${more} was changed by hand on two servers, differently`,
    versions.join(', '),
    `choose one: hfs_config set ${path} -, then hfs_config verify --repair`,
  );
}

/** The command that makes it so. */
export function commandOf({ path, change, condition }: PlannedAdoption, value: Buffer): Command {
  return change === 'delete'
    ? { op: 'remove', key: path, recursive: false, condition }
    : { op: 'put', key: path, value, condition };
}
