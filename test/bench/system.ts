import type { Asked } from './http-client.js';

/** One server of a system, on loopback. */
export interface Member {
  readonly name: string;
  /** HOST:PORT where users ask it. */
  readonly address: string;
}

/** Resident memory of one process. */
export interface Resident {
  /** What it is of its system: leader, follower, brick. */
  readonly role: string;
  readonly mb: number;
}

/** What is measured: three servers of one kind, started by the bench and ended by it. */
export interface System {
  readonly name: string;
  readonly members: readonly Member[];
  /** Starts three servers with empty directories; settles when all of them serve. */
  start(): Promise<void>;
  /** The requests of a user, as this system wants them. */
  put(key: string, value: Buffer): Asked;
  get(key: string, isStale: boolean): Asked;
  leader(): Promise<Member>;
  /** `kill -9` of every process of this member at once. */
  kill(member: Member): Promise<void>;
  /** SIGTERM, as an administrator stops it. */
  stop(member: Member): Promise<void>;
  /** Starts one that was killed or stopped; answers the milliseconds until it serves again. */
  startAgain(member: Member): Promise<number>;
  /** Work that was put off is done: the next system must not pay for it. */
  settle(): Promise<void>;
  memory(): Promise<readonly Resident[]>;
  /** Program and words that print the value of a key at this member. */
  getCommand(member: Member, key: string): readonly string[];
  /** Ends every process. */
  end(): Promise<void>;
}
