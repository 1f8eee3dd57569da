import type { Problem } from '../config/error.js';
import type { Key } from '../config/key.js';
import type { ServersReport } from './servers-report.js';

/** One path at which a copy is not what was committed. */
export interface PathDifference {
  readonly path: Key;
  readonly kind: 'differs' | 'missing' | 'extra';
  /** One sentence for people. */
  readonly text: string;
}

/** One server's copy beside the committed state. */
export interface CopyReport {
  readonly node: string;
  readonly name: string;
  readonly state: 'same' | 'differs' | 'unreadable';
  /** Why it could not be read. */
  readonly why: string;
  /** Paths that are as committed. */
  readonly same: number;
  readonly differs: number;
  readonly missing: number;
  readonly extra: number;
  /** The first of the paths that are not, in name order of each directory; the counts say how many there are. */
  readonly paths: readonly PathDifference[];
}

/** What a server's hekafsd has put right in its own copy. */
export interface Repair {
  readonly node: string;
  readonly name: string;
  /** Paths that were made what was committed. */
  readonly corrected: number;
  /** Set where it could not be done. */
  readonly problem: Problem | null;
}

/** A hand's change that was to become a commit. */
export interface Adoption {
  readonly path: Key;
  readonly change: 'put' | 'delete';
  /** Names of the servers whose copy has it. */
  readonly from: readonly string[];
  /** Of the commit; null where there was none, and `problem` says why. */
  readonly revision: number | null;
  readonly problem: Problem | null;
}

export interface VerifyRequest {
  readonly repair: boolean;
  readonly adopt: boolean;
}

/** What a verification found; after a repair or adoption, what it found then. */
export interface VerifyReport {
  /** The state that the copies were compared with. */
  readonly revision: number;
  readonly servers: ServersReport;
  readonly copies: readonly CopyReport[];
  readonly repaired: readonly Repair[];
  readonly adopted: readonly Adoption[];
  /** What this node itself had to do to serve again, in words; empty where nothing. */
  readonly own: string;
  readonly agree: boolean;
}

/** How far a verification is that is under way: paths of all copies. */
export interface VerifyProgress {
  readonly running: boolean;
  readonly checked: number;
  readonly total: number;
}
