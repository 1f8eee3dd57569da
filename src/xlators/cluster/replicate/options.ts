import type { OptionSpec } from '../../../graph/spec.js';

const HEALS_NOTHING = 'this engine heals nothing here yet';
const READS_ONLY = 'this engine only reads here yet';
const FIRST_CHILD = 'the first child that is up is read';

function inert(
  reason: string,
  kind: OptionSpec['kind'],
  rows: Readonly<Record<string, string>>,
): OptionSpec[] {
  return Object.entries(rows).map(([key, doc]) => ({ key, kind, doc, inert: reason }));
}

/** The options of cluster/replicate that GlusterFS 10 knows. */
export const REPLICATE_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'read-subvolume-index',
    kind: 'int',
    default: '-1',
    min: -1,
    doc: 'The subvolume to read from while it is up, counted from 0; -1 for the first.',
  },
  {
    key: 'read-subvolume',
    kind: 'string',
    doc: 'The name of the subvolume to read from while it is up.',
  },
  {
    key: 'quorum-reads',
    kind: 'bool',
    doc: 'Read only while a quorum is up.',
    only: ['off'],
    inert: 'reads ask for no quorum',
  },
  {
    key: 'arbiter-count',
    kind: 'int',
    doc: 'How many subvolumes, from the last one, hold names only.',
    only: ['0'],
    inert: 'no subvolume is an arbiter',
  },
  {
    key: 'thin-arbiter',
    kind: 'string',
    doc: 'Where the arbiter of two bricks is.',
    only: [''],
    inert: 'there is no thin arbiter',
  },
  {
    key: 'halo-enabled',
    kind: 'bool',
    doc: 'Choose subvolumes by their latency.',
    only: ['off'],
    inert: 'latency is not looked at',
  },
  ...inert(READS_ONLY, 'string', {
    'afr-pending-xattr': 'Names that stand for the subvolumes in marks of what they owe.',
    'afr-dirty-xattr': 'The mark of a change under way.',
    'quorum-type': 'How many subvolumes a write needs: none, auto or fixed.',
    'locking-scheme': 'Either full or granular.',
  }),
  ...inert(READS_ONLY, 'uuid', { 'volume-id': 'Of the volume; names the anonymous directory.' }),
  ...inert(READS_ONLY, 'int', { 'quorum-count': 'For quorum-type fixed.' }),
  ...inert(READS_ONLY, 'time', { 'post-op-delay-secs': 'How long marks wait for more writes.' }),
  ...inert(READS_ONLY, 'bool', {
    'data-change-log': 'Mark changes of data.',
    'metadata-change-log': 'Mark changes of metadata.',
    'entry-change-log': 'Mark changes of names.',
    'optimistic-change-log': 'Mark names only after a failure.',
    'pre-op-compat': 'Write the mark before the change.',
    'eager-lock': 'Keep a lock for the next write.',
    'full-lock': 'Lock whole files.',
    'ensure-durability': 'Sync data before marks are taken off.',
    'use-compound-fops': 'Send two fops as one.',
    'use-anonymous-inode': 'Keep what is renamed between directories in an anonymous one.',
    'granular-entry-heal': 'Remember the names that are owed, not only their directory.',
    'consistent-metadata': 'Answer attributes from one subvolume.',
    'consistent-io': 'Ask all subvolumes before each answer.',
  }),
  ...inert(FIRST_CHILD, 'int', { 'read-hash-mode': 'How the subvolume to read from is chosen.' }),
  ...inert(FIRST_CHILD, 'bool', { 'choose-local': 'Prefer a subvolume of this machine.' }),
  ...inert(HEALS_NOTHING, 'bool', {
    'data-self-heal': 'Heal data that is found to differ.',
    'metadata-self-heal': 'Heal metadata that is found to differ.',
    'entry-self-heal': 'Heal names that are found to differ.',
    'self-heal-daemon': 'A process heals in the background.',
    'iam-self-heal-daemon': 'This graph is that process.',
    'metadata-splitbrain-forced-heal': 'Settle metadata that nobody can decide.',
  }),
  ...inert(HEALS_NOTHING, 'int', {
    'background-self-heal-count': 'Heals at once in the background.',
    'heal-wait-queue-length': 'Heals that may wait.',
    'data-self-heal-window-size': 'Blocks of one step of a heal.',
    'shd-max-threads': 'Heals at once of the healing process.',
    'shd-wait-qlength': 'Heals that may wait there.',
    'halo-max-latency': 'Milliseconds, for clients.',
    'halo-shd-max-latency': 'Milliseconds, for the healing process.',
    'halo-nfsd-max-latency': 'Milliseconds, for the NFS server.',
    'halo-min-replicas': 'Subvolumes at least.',
    'halo-max-replicas': 'Subvolumes at most.',
  }),
  ...inert(HEALS_NOTHING, 'time', { 'heal-timeout': 'Between two rounds of healing.' }),
  ...inert(HEALS_NOTHING, 'size', { 'self-heal-readdir-size': 'Of one answer while healing.' }),
  ...inert(HEALS_NOTHING, 'string', {
    'data-self-heal-algorithm': 'Either full or diff.',
    'favorite-child-policy': 'Which copy wins where nobody can decide.',
  }),
];
