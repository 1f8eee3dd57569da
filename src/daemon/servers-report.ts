import type { ServerRole } from './verbs.js';

/** How the lists may differ; words that scripts compare. The README explains each. */
export const DIFFERENCES = {
  'no-answer': 'nobody answers at the address of the list: neither yes nor no',
  'says-no': 'the node answers and says that it does not serve',
  'other-node': 'another node answers at its address',
  'foreign-cluster': 'a node of another cluster answers at its address',
  'duplicate-id': 'two nodes answer with one id: a state directory was copied',
  'address-changed': 'it answers elsewhere, or its marker has another address than the list',
  'name-changed': 'it calls itself, or its marker calls it, otherwise than the list',
  'old-list': 'it has an older list than this node',
  'newer-list': 'it has a newer list than this node',
  'no-marker': 'it is on the list, and no copy holds its marker',
  'markers-differ': 'not all copies hold its marker as the list has it',
  'stray-marker': 'a marker without a server: of a node that was never on the list',
  'retired-marker': 'a marker of a server that was retired',
  'retired-serves': 'a server that was retired answers and says that it serves',
  'unlisted-server': 'a node says that it serves this cluster and is not on the list',
  'copy-lags': 'its copy is behind and is not shown meanwhile',
  'copy-unreadable': 'its copy cannot be read',
} as const;

export type DifferenceKind = keyof typeof DIFFERENCES;

export interface Difference {
  readonly kind: DifferenceKind;
  /** One sentence for people. */
  readonly text: string;
}

export interface ServersRow {
  readonly node: string;
  readonly name: string;
  /** Null where it is not on the list. */
  readonly role: ServerRole | null;
  /** HTTP address: of the list, or where it was found. Empty where none is known. */
  readonly address: string;
  /** Whether it is on the committed list. */
  readonly known: boolean;
  /** Which list it says it has; null where it was not heard. */
  readonly epoch: number | null;
  readonly answered: 'yes' | 'no' | 'unknown';
  /** Why it is unknown. */
  readonly why: string;
  /** Whether any copy holds its marker. */
  readonly marker: boolean;
  /** Copy by copy, by the name of the server; null where that copy could not be read. */
  readonly markers: readonly { readonly copy: string; readonly has: boolean | null }[];
  /** All differences in one line; empty where all agree. */
  readonly difference: string;
  readonly differences: readonly Difference[];
}

/** The three lists: who is known, who answered, who left a marker; and how they differ. */
export interface ServersReport {
  readonly rows: readonly ServersRow[];
  readonly agree: boolean;
}
