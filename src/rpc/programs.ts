/** A program of GlusterFS's RPC: number and version, and the numbers of its procedures (wire reference, section 4). */
export interface Program {
  readonly name: string;
  readonly number: number;
  readonly version: number;
}

export const DUMP_PROGRAM: Program = { name: 'GF-DUMP', number: 123451501, version: 1 };
export const DUMP = { DUMP: 1, PING: 2 } as const;

export const HANDSHAKE_PROGRAM: Program = {
  name: 'GlusterFS Handshake',
  number: 14398633,
  version: 2,
};
export const HANDSHAKE = { SETVOLUME: 1, GETSPEC: 2, PING: 3, SET_LK_VER: 4 } as const;

/** Its procedures are the fops, numbered in fop-table.ts. */
export const FOP_PROGRAM: Program = { name: 'GlusterFS 4.x v1', number: 1298437, version: 400 };
/** The number of a procedure that C bricks know and answer with GARBAGE_ARGS. */
export const DEAD_COMPOUND = 49;

export const PORTMAP_PROGRAM: Program = {
  name: 'Gluster Portmap',
  number: 34123456,
  version: 1,
};
export const PORTMAP = { PORTBYBRICK: 1 } as const;

/** Calls from server to client, to which no reply is sent. */
export const CALLBACK_PROGRAM: Program = {
  name: 'GlusterFS Callback',
  number: 52743234,
  version: 1,
};
export const CALLBACK = {
  FETCHSPEC: 1,
  CACHE_INVALIDATION: 5,
  CHILD_UP: 6,
  CHILD_DOWN: 7,
  INODELK_CONTENTION: 10,
  ENTRYLK_CONTENTION: 11,
} as const;
