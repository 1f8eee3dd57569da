import { tokenRefused } from '../config/command.js';
import type { ConfigDatabase } from '../config/database.js';
import { ConfigError, isCode } from '../config/error.js';
import {
  checkRetire,
  isRetired,
  type Members,
  resolveServer,
  retireRisk,
  type Server,
  survives,
  voters,
  withLearner,
  withoutServer,
} from '../config/members.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import type { Peers } from '../config/peers.js';
import type { Clock } from '../platform/platform.js';
import { wasRetired } from './cluster-errors.js';
import { tokenHash } from './credentials.js';
import type { MembershipChange, MembershipEvent } from './verbs.js';

export interface JoinWords {
  readonly token: string;
  readonly node: string;
  readonly name: string;
}

export interface JoinAnswer {
  readonly cluster: string;
  readonly secret: string;
  readonly members: Members;
}

export type NewServer = Omit<Server, 'role' | 'brick'>;

const CHANGE_TRIES = 8;
const INQUIRE_MS = 1000;
/** Longer lives nobody's answer needs: peers cut it to what is left of their own deadline. */
const PEER_CHANGE_MS = 8000;

/** When each join token was first seen here: their time runs on this node's own clock, never on the wall's. */
export class TokenAges {
  private readonly since = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** A change was applied; only those of tokens matter. */
  note(change: { readonly type: string; readonly json?: string }): void {
    if (change.type !== 'token' && change.type !== 'token-used') return;
    const { hash } = JSON.parse(change.json ?? '{}') as { hash: string };
    if (change.type === 'token') this.seen(hash);
    else this.since.delete(hash);
  }

  private seen(hash: string): void {
    if (!this.since.has(hash)) this.since.set(hash, this.clock.monotonicMs());
  }

  isExpired(hash: string, ttlSeconds: number): boolean {
    const since = this.since.get(hash);
    return since === undefined || this.clock.monotonicMs() - since > ttlSeconds * 1000;
  }
}

/** A member lets a node in that has a token; the token is used up by a commit. Throws HFS-3001. */
export async function letIn(
  database: ConfigDatabase,
  ages: TokenAges,
  body: Buffer,
  secret: string,
): Promise<JoinAnswer> {
  const { token, node } = decodeMessage<JoinWords>(body).json;
  if (typeof token !== 'string' || typeof node !== 'string') throw tokenRefused();
  await database.catchUp(PEER_CHANGE_MS);
  const hash = tokenHash(token);
  const known = database.store.token(hash);
  if (known === undefined || ages.isExpired(hash, known.ttlSeconds)) throw tokenRefused();
  if (isRetired(database.members, node)) throw wasRetired();
  const changes = [{ type: 'token-used', json: JSON.stringify({ hash }) } as const];
  await database.propose(
    { op: 'system', changes, ifToken: hash },
    `join-${hash}-${node}`,
    PEER_CHANGE_MS,
  );
  return { cluster: database.store.cluster ?? '', secret, members: database.members };
}

/** A member puts a node that was let in on the list. Done already: nothing happens. */
export async function addLearner(database: ConfigDatabase, body: Buffer): Promise<Buffer> {
  const { server } = decodeMessage<{ server: NewServer }>(body).json;
  if (
    typeof server?.node !== 'string' ||
    typeof server.voter !== 'string' ||
    typeof server.port !== 'number'
  )
    throw new ConfigError(
      'HFS-1001',
      'a server without its fields',
      'unintelligible',
      'are all nodes on the same release?',
    );
  await changeList(database, PEER_CHANGE_MS, (members) => {
    if (isRetired(members, server.node)) throw wasRetired();
    return members.servers.some(({ voter }) => voter === server.voter)
      ? undefined
      : withLearner(members, server);
  });
  return encodeMessage({ epoch: database.members.epoch });
}

/** Works a change out from the newest list and commits it; again where another change came first. */
export async function changeList(
  database: ConfigDatabase,
  timeoutMs: number,
  change: (members: Members) => Members | undefined,
): Promise<{ readonly before: Members; readonly after: Members }> {
  for (let tries = 1; ; tries++) {
    await database.catchUp(timeoutMs);
    const before = database.members;
    const after = change(before);
    if (after === undefined) return { before, after: before };
    try {
      await database.changeMembers(after, '', timeoutMs);
      return { before, after };
    } catch (error) {
      if (tries >= CHANGE_TRIES || !isCode(error, 'HFS-3009')) throw error;
    }
  }
}

export interface RetireOptions {
  readonly force: boolean;
  readonly dryRun: boolean;
}

/**
 * Takes a server off the list. `nameOrId` undefined is this node. `force` overrides the majority that the rest would need, and wants
 * the whole node id, so that nobody forces the wrong one.
 */
export async function retire(
  database: ConfigDatabase,
  peers: Peers,
  self: string,
  nameOrId: string | undefined,
  options: RetireOptions,
  timeoutMs: number,
): Promise<MembershipChange> {
  await database.catchUp(timeoutMs);
  const server = resolveServer(database.members, nameOrId ?? self);
  if (options.force && nameOrId !== server.node) throw forceNeedsId(server);
  const live = await liveServers(database, peers, self);
  let warning: string | null = null;
  const work = (members: Members): Members | undefined => {
    if (isRetired(members, server.node)) return undefined;
    const target = resolveServer(members, server.node);
    warning = retireRisk(members, target, live);
    if (!options.force || voters(members).length <= 1) checkRetire(members, target, live);
    return withoutServer(members, target);
  };
  if (options.dryRun) {
    const before = database.members;
    const after = work(before) ?? before;
    return describe('retired', server, database, before, after, warning);
  }
  const { before, after } = await changeList(database, timeoutMs, work);
  return describe('retired', server, database, before, after, warning);
}

function forceNeedsId({ node, name }: Server): ConfigError {
  return new ConfigError(
    'HFS-1001',
    '--force refused',
    `it takes the whole node id, so that nobody forces the wrong server: ${name} is ${node}`,
    `hfs_config retire ${node} --force`,
  );
}

async function liveServers(
  database: ConfigDatabase,
  peers: Peers,
  self: string,
): Promise<Set<string>> {
  const body = encodeMessage({ node: self });
  const answers = database.members.servers.map(async ({ node, address }) => {
    if (node === self) return node;
    try {
      await peers.call(address, 'inquire', body, INQUIRE_MS);
      return node;
    } catch {
      return undefined;
    }
  });
  const nodes = await Promise.all(answers);
  return new Set(nodes.filter((node) => node !== undefined));
}

/** What a change of the list means, for people. */
export function describe(
  event: MembershipEvent,
  server: Pick<Server, 'node' | 'name'>,
  {
    store,
  }: { readonly store: { readonly cluster: string | undefined; readonly revision: number } },
  before: Members,
  after: Members,
  warning: string | null = null,
): MembershipChange {
  return {
    event,
    warning,
    node: server.node,
    name: server.name,
    cluster: store.cluster ?? '',
    before: voters(before).map(({ name }) => name),
    after: voters(after).map(({ name }) => name),
    survivesBefore: survives(voters(before).length),
    survivesAfter: survives(voters(after).length),
    revision: store.revision,
  };
}
