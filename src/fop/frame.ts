import type { ByteString } from './name.js';

/** Who sent a request to a brick: one connection that has passed its handshake. */
export interface Client {
  /** `process-uuid` of the handshake: unique to this connection, never used again. */
  readonly id: string;
  /** The user of auth.login, where one was given and its password was right. */
  readonly login?: string;
  /** The peer's address and port, for messages. */
  readonly address: string;
}

/**
 * On whose behalf a fop is done: the credentials of wire reference section 3.
 * The owner of a lock is (client, lkOwner).
 */
export interface Frame {
  /** The caller's process; negative for GlusterFS's own workers. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Bytes that tell lock owners of one client apart, at most 1,024 of them. */
  readonly lkOwner: ByteString;
  /** Times to record for this change where the client graph has features/utime. */
  readonly time?: { readonly sec: number; readonly nsec: number };
  /** Set by protocol/server; absent in a client graph. */
  readonly client?: Client;
}

/** A frame of this process for itself: root, no client. */
export const ROOT_FRAME: Frame = Object.freeze({
  pid: process.pid,
  uid: 0,
  gid: 0,
  groups: Object.freeze([0]),
  lkOwner: '',
});
