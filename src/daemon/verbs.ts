import type { Problem } from '../config/error.js';
import type { Key } from '../config/key.js';
import type { Engine } from '../graph/volgen.js';
import type { DoctorReport } from './doctor/check.js';
import type { JoinRequest } from './joining.js';
import type { ServersReport } from './servers-report.js';
import type { VerifyProgress, VerifyReport, VerifyRequest } from './verify-report.js';

/*
 * What a hekafsd can be asked to do. HTTP routes translate requests into these calls and answers back; nothing in
 * here knows of HTTP. Every refusal is a ConfigError.
 */

/** Who asks, and by when an answer is due (milliseconds from now). */
export interface Asker {
  /** True on the local socket or with the state dir's token: may write and read `private/`. */
  readonly isRoot: boolean;
  readonly timeoutMs: number;
  /** Names this request in logs; a write repeated under the same id returns the first outcome. */
  readonly requestId: string;
}

export type ServerRole = 'voter' | 'learner';

export interface ServerStatus {
  readonly node: string;
  readonly name: string;
  /** HTTP address. */
  readonly address: string;
  readonly role: ServerRole;
  /** Whether it answered lately: true, false, or null where nobody asked yet. */
  readonly up: boolean | null;
  readonly isLeader: boolean;
  readonly isSelf: boolean;
  /** What is the matter with its log, as the leader sees it; null: nothing that is known. */
  readonly trouble: Problem | null;
  /** Last revision that it is known to have applied. */
  readonly revision: number | null;
  /** Commits behind the newest known one. */
  /** Why it counts as down, as the leader has found. */
  readonly why: string | null;
  readonly lagRevisions: number | null;
  readonly brick: string;
}

export interface Status {
  readonly node: string;
  /** Of this process, new with each start. */
  readonly instance: string;
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly state:
    | 'starting'
    | 'new'
    | 'joining'
    | 'ready'
    | 'degraded'
    | 'read-only'
    | 'retired'
    | 'fenced'
    | 'stopping';
  /** One sentence for people; `action` says what to do about it, if anything. */
  readonly summary: string;
  readonly action: string;
  /** Where to read more: an HFS code for `hfs_config explain`, or null. */
  readonly see: string | null;
  /** What is well and should be known all the same, in sentences. */
  readonly notes: readonly string[];
  readonly cluster: string | null;
  readonly revision: number;
  readonly epoch: number;
  readonly server: boolean;
  readonly leader: string | null;
  readonly servers: readonly ServerStatus[];
  /** Server failures that writes survive from here on. */
  readonly survives: number;
  readonly mount: { readonly verified: boolean; readonly why: string };
  readonly heal: { readonly caughtUp: boolean; readonly behind: number };
  readonly brick: {
    readonly pid: number | null;
    readonly port: number | null;
    readonly path: string | null;
    /** What runs it. */
    readonly engine: Engine | null;
  };
}

export interface ServeRequest {
  readonly bootstrap: boolean;
  readonly join: string | undefined;
  readonly token: string | undefined;
  /** Brick directory; undefined takes the state dir's. */
  readonly brick: string | undefined;
  /** What is to run the brick; undefined: hfs_brickd, or for a server what runs it already. */
  readonly engine: Engine | undefined;
}

/** What a change of the list did to the node: it serves now, serves no more, or (as a member) came or went. */
export type MembershipEvent = 'served' | 'retired' | 'joined' | 'left';

export interface MembershipChange {
  readonly event: MembershipEvent;
  /** What is unsafe about it, for who forces it; null: nothing. */
  readonly warning: string | null;
  readonly node: string;
  readonly name: string;
  readonly cluster: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly survivesBefore: number;
  readonly survivesAfter: number;
  readonly revision: number;
}

export type Found =
  | {
      readonly kind: 'value';
      readonly key: Key;
      readonly value: Buffer;
      /** Of the key's last change. */
      readonly revision: number;
      /** Of the whole store when it was read. */
      readonly storeRevision: number;
      /** When the key was changed last, milliseconds since 1970, for display. */
      readonly modifiedMs: number;
      /** Set on a stale read: milliseconds since this node last knew that it was up to date, which may be never. */
      readonly ageMs: number | 'unknown' | null;
    }
  | {
      readonly kind: 'directory';
      readonly key: Key;
      readonly entries: readonly Listed[];
      readonly storeRevision: number;
      readonly ageMs: number | 'unknown' | null;
    };

/** One name of a listing; a directory's name ends in `/` and it has no revision or size. */
export interface Listed {
  readonly key: Key;
  readonly kind: 'value' | 'directory';
  readonly revision: number | null;
  readonly size: number | null;
  /** The value itself, where it was asked for. */
  readonly value?: Buffer;
}

export interface ReadOptions {
  readonly stale: boolean;
  /** Of a directory: all below it. */
  readonly recursive: boolean;
  /** Of a directory: the values too, all of one revision. HFS-1012 where they are too many for one answer. */
  readonly values: boolean;
}

/** What must hold for a write to happen. */
export type Condition = { readonly ifRevision: number } | { readonly ifAbsent: true } | null;

export interface Written {
  readonly revision: number;
}

export interface Verbs {
  /** Answers in any state, at once. */
  status(): Status;
  servers(asker: Asker): Promise<ServersReport>;
  /** Looks at everything that may be wrong, at once; answers in any state. */
  doctor(asker: Asker): Promise<DoctorReport>;
  /** Compares the lists, and every copy with the committed state; without `repair` and `adopt` it changes nothing. */
  verify(request: VerifyRequest, asker: Asker): Promise<VerifyReport>;
  /** How far a verification is; answers at once. */
  verifyProgress(): VerifyProgress;
  serve(request: ServeRequest, asker: Asker): Promise<MembershipChange>;
  /** Makes this node a member that does not serve. */
  join(request: JoinRequest, asker: Asker): Promise<MembershipChange>;
  /** `node` is a name or an id; undefined is this node: a server retires, a member that does not serve leaves. */
  retire(
    node: string | undefined,
    options: { force: boolean; dryRun: boolean },
    asker: Asker,
  ): Promise<MembershipChange>;
  createToken(ttlSeconds: number, asker: Asker): Promise<{ readonly token: string }>;
  volfile(asker: Asker): Promise<string>;
  /** Throws HFS-1004 where there is nothing. The empty key is the root directory. */
  get(key: Key, options: ReadOptions, asker: Asker): Promise<Found>;
  put(key: Key, value: Buffer, condition: Condition, asker: Asker): Promise<Written>;
  /** Throws HFS-1004 where there is nothing; a directory needs `recursive`. */
  remove(
    key: Key,
    options: { recursive: boolean; condition: Condition },
    asker: Asker,
  ): Promise<Written & { readonly removed: number }>;
  /** All of `values` at once, only into a filesystem without values. */
  init(
    values: ReadonlyMap<Key, Buffer>,
    asker: Asker,
  ): Promise<Written & { readonly keys: number }>;
}
