import type { Server } from '../config/members.js';
import type { PeerStatus } from '../config/peers.js';

/*
 * What a node has seen of the servers before it compares the lists: what each said at the address that the list has for it, which
 * markers stand in its copy, and who answers elsewhere.
 */

/** What came back from an address. Silence is unknown, never no. */
export type AddressAnswer =
  | { readonly kind: 'status'; readonly status: PeerStatus }
  | { readonly kind: 'silent'; readonly why: string };

/** What a marker says of the server that left it. */
export interface Marker {
  readonly name: string;
  readonly address: string;
  readonly voter: string;
}

/** One server's copy of the values, through a mount that writes and heals nothing. */
export type CopyEvidence =
  | {
      readonly kind: 'read';
      /** By node id; null where a marker says nothing intelligible. */
      readonly markers: ReadonlyMap<string, Marker | null>;
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** One server of the list. */
export interface ServerEvidence {
  readonly server: Server;
  readonly answer: AddressAnswer;
  readonly copy: CopyEvidence;
}

/** What answered at an address that is no server's: of `--members`, or where a retired server was. */
export interface ListedEvidence {
  readonly address: string;
  readonly answer: AddressAnswer;
}

/** Another process than the one expected was heard under a node's id, by this node or another one. */
export interface Sighting {
  readonly node: string;
  readonly instance: string;
  readonly address: string;
  /** Milliseconds ago. */
  readonly agoMs: number;
}
