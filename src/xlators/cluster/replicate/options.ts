import type { OptionSpec } from '../../../graph/spec.js';
import { HEAL_OPTIONS } from './heal/heal-options.js';

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
    doc: 'The subvolume to read from while its copy is good, counted from 0; -1 for none in particular.',
  },
  {
    key: 'read-subvolume',
    kind: 'string',
    doc: 'The name of the subvolume to read from while its copy is good.',
  },
  {
    key: 'read-hash-mode',
    kind: 'int',
    default: '1',
    only: ['0', '1', '2', '3'],
    doc: 'Which good copy is read: 0 the first one, 1 chosen by the gfid, 2 by gfid and process, 3 the least busy one.',
  },
  {
    key: 'choose-local',
    kind: 'bool',
    only: ['off'],
    doc: 'Prefer a subvolume of this machine.',
    inert: 'read-subvolume says it by name',
  },
  {
    key: 'quorum-type',
    kind: 'string',
    only: ['none', 'auto', 'fixed'],
    doc: 'How many subvolumes must be up: one (none), more than half (auto) or quorum-count (fixed). By default auto for three and more.',
  },
  {
    key: 'quorum-count',
    kind: 'int',
    default: '0',
    min: 0,
    doc: 'For quorum-type fixed.',
  },
  {
    key: 'quorum-reads',
    kind: 'bool',
    doc: 'Read only while a quorum is up.',
    inert: 'below the quorum of quorum-type nothing is read anyway, as in GlusterFS 10',
  },
  {
    key: 'consistent-io',
    kind: 'bool',
    default: 'off',
    doc: 'Serve only while all subvolumes are up.',
  },
  {
    key: 'consistent-metadata',
    kind: 'bool',
    default: 'off',
    doc: 'Tell attributes in listings only where they come from the subvolume that the entry itself is read from.',
  },
  {
    key: 'afr-pending-xattr',
    kind: 'string',
    doc: 'Names that stand for the subvolumes in marks of what they have missed; by default their own.',
  },
  {
    key: 'afr-dirty-xattr',
    kind: 'string',
    default: 'trusted.afr.dirty',
    doc: 'The mark of a change under way.',
  },
  {
    key: 'arbiter-count',
    kind: 'int',
    default: '0',
    only: ['0', '1'],
    doc: 'Whether the last subvolume holds names and attributes only; it is never read.',
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
  ...HEAL_OPTIONS,
  {
    key: 'granular-entry-heal',
    kind: 'bool',
    default: 'off',
    doc: 'Note the names that are owed to a subvolume, not only their directory.',
  },
  {
    key: 'optimistic-change-log',
    kind: 'bool',
    default: 'on',
    doc: 'Mark changes of attributes and names only where they fail, if all subvolumes are there.',
  },
  {
    key: 'eager-lock',
    kind: 'bool',
    default: 'on',
    doc: 'Keep the lock and the mark of a write for the next one, until another client asks.',
  },
  {
    key: 'post-op-delay-secs',
    kind: 'int',
    default: '1',
    min: 0,
    max: 2147483,
    doc: 'How long the lock and the mark of a write are kept for the next one, in seconds.',
  },
  {
    key: 'ensure-durability',
    kind: 'bool',
    default: 'on',
    doc: 'Sync what was written before its mark is taken off.',
  },
  ...['data', 'metadata', 'entry'].map(
    (kind): OptionSpec => ({
      key: `${kind}-change-log`,
      kind: 'bool',
      only: ['on'],
      doc: `Mark changes of ${kind}.`,
      inert: 'changes are always marked',
    }),
  ),
  ...inert('the mark of a write is always made before it', 'bool', {
    'pre-op-compat': 'Write the mark before the change.',
  }),
  ...inert('writes lock whole files', 'bool', { 'full-lock': 'Lock whole files.' }),
  ...inert('locks are taken at all subvolumes', 'string', {
    'locking-scheme': 'Either full or granular.',
  }),
  ...inert('fops are sent one by one', 'bool', { 'use-compound-fops': 'Send two fops as one.' }),
  ...inert('a lookup heals names, src/heal the rest, whatever these say', 'bool', {
    'data-self-heal': 'Heal data that is found to differ.',
    'metadata-self-heal': 'Heal metadata that is found to differ.',
    'entry-self-heal': 'Heal names that are found to differ.',
    'self-heal-daemon': 'A process heals in the background.',
    'iam-self-heal-daemon': 'This graph is that process.',
  }),
  ...inert('of attributes that nobody can decide those win that changed last', 'bool', {
    'metadata-splitbrain-forced-heal': 'Settle metadata that nobody can decide.',
  }),
  ...inert('clients leave that to the healer', 'int', {
    'background-self-heal-count': 'Heals at once in the background.',
    'heal-wait-queue-length': 'Heals that may wait.',
  }),
  ...inert('what is listed is healed, however much it is', 'int', {
    'shd-wait-qlength': 'Heals that may wait there.',
  }),
  ...inert('latency is not looked at', 'int', {
    'halo-max-latency': 'Milliseconds, for clients.',
    'halo-shd-max-latency': 'Milliseconds, for the healing process.',
    'halo-nfsd-max-latency': 'Milliseconds, for the NFS server.',
    'halo-min-replicas': 'Subvolumes at least.',
    'halo-max-replicas': 'Subvolumes at most.',
  }),
  ...inert('answers are as large as bricks make them', 'size', {
    'self-heal-readdir-size': 'Of one answer while healing.',
  }),
];
