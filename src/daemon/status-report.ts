import type { ConfigDatabase } from '../config/database.js';
import type { Problem } from '../config/error.js';
import { type Waited, waitedText } from '../config/log/waited.js';
import { isRetired, majority, survives } from '../config/members.js';
import { endpointText } from '../platform/network.js';
import { VERSION } from '../version.js';
import type { ClientNode } from './client-node.js';
import type { ConfigNode } from './config-node.js';
import type { NodeState } from './node-state.js';
import type { ServerStatus, Status } from './verbs.js';

/** A leader confirms every second that a majority of the logs is its own. */
const UNCONFIRMED_MS = 3000;

/** What a node knows of itself when it is asked how it is. */
export interface StatusInput {
  readonly name: string;
  readonly instance: string;
  readonly state: NodeState;
  readonly config: ConfigNode | undefined;
  readonly client: ClientNode | undefined;
  readonly phase: 'starting' | 'joining' | 'running' | 'stopping';
  readonly brickPid: number | null;
  readonly mount: Status['mount'];
  /** What is wrong on this node itself. */
  readonly troubles: readonly Problem[];
  readonly notes: Status['notes'];
}

/** Puts a status together. It asks nobody: it answers at once in any state. */
export function statusReport(input: StatusInput): Status {
  const { state, config, client } = input;
  const database = config?.database;
  const members = database?.members ?? client?.members ?? state.members;
  const revision = database?.store.revision ?? client?.revision ?? 0;
  const servers = serverRows(input, revision);
  const verdict = verdictOf(input, servers);
  return {
    node: state.node,
    instance: input.instance,
    name: input.name,
    version: VERSION,
    pid: process.pid,
    ...verdict,
    notes: input.notes,
    cluster: state.cluster,
    revision,
    epoch: members.epoch,
    server:
      members.servers.some((server) => server.node === state.node) &&
      !state.isRetired &&
      !state.fenced,
    leader: database?.leaderHint?.node ?? client?.leader ?? null,
    servers,
    survives: survivesNow(servers),
    mount: input.mount,
    heal: {
      caughtUp: config?.applier.isCaughtUp ?? client?.isHeard ?? false,
      behind: client ? 0 : Math.max(0, revision - (config?.applier.applied ?? 0)),
    },
    brick: {
      pid: input.brickPid,
      port: state.brick?.port ?? null,
      path: state.brick?.path ?? null,
      engine: state.brick && (state.brick.engine ?? 'embedded'),
    },
  };
}

/** Failures from here on that leave a majority; a server that is not known to be down counts as up. */
function survivesNow(servers: readonly ServerStatus[]): number {
  const list = servers.filter(({ role }) => role === 'voter');
  const down = list.filter(({ up }) => up === false).length;
  return Math.max(0, survives(list.length) - down);
}

function serverRows({ state, config, client }: StatusInput, revision: number): ServerStatus[] {
  const database = config?.database;
  const members = database?.members ?? client?.members ?? state.members;
  const leader = database?.leaderHint?.node ?? client?.leader;
  const sights = new Map(
    (database?.sights ?? client?.sights ?? []).map((sight) => [sight.node, sight]),
  );
  return members.servers.map((server) => {
    const isSelf = server.node === state.node;
    const sight = sights.get(server.node);
    const applied = isSelf ? revision : (sight?.applied ?? null);
    return {
      node: server.node,
      name: server.name,
      address: server.address,
      role: server.role,
      up: isSelf ? true : (sight?.isUp ?? null),
      why: isSelf ? null : (sight?.why ?? null),
      isLeader: server.node === leader,
      isSelf,
      trouble: sight?.trouble ?? null,
      revision: applied,
      lagRevisions: applied === null ? null : Math.max(0, revision - applied),
      brick: `${endpointText(server)}:${server.path}`,
    };
  });
}

type Verdict = Pick<Status, 'state' | 'summary' | 'action' | 'see'>;

function verdictOf(input: StatusInput, servers: readonly ServerStatus[]): Verdict {
  const { state, phase, config } = input;
  if (phase === 'stopping') return verdict('stopping', 'hekafsd is stopping');
  if (state.isRetired)
    return verdict(
      'retired',
      'this server was retired; its data is kept aside',
      'hfs_config serve --join HOST:PORT --token T makes it a new server',
      'HFS-3008',
    );
  if (config && isRetired(config.database.members, state.node))
    return verdict('stopping', 'this server was retired; it is stepping down', 'none', 'HFS-3008');
  if (state.fenced)
    return verdict(
      'fenced',
      `this server has stopped: another node has its id, and the list means the one at ${state.fenced.by}`,
      'decide which of the two is the server; hfs_config explain HFS-3201 says what to do with the other',
      'HFS-3201',
    );
  if (state.cluster === null)
    return verdict(
      'new',
      'this node belongs to no cluster yet',
      'hfs_config serve --bootstrap for the first server, hfs_config serve --join HOST:PORT --token T for the others',
      'HFS-2004',
    );
  if (state.rejoin)
    return verdict(
      'joining',
      `the log of this server cannot be used (${state.rejoin.why}); it rejoins with a new one`,
      'none, once a majority of the other servers is up: they put the new log on their list',
      'HFS-3206',
    );
  if (input.client) return clientVerdict(input.client);
  if (phase === 'starting' || config === undefined)
    return verdict('starting', 'hekafsd is starting');
  if (phase === 'joining') return verdict('joining', 'this node is becoming a server');
  return clusterVerdict(input, config, servers);
}

/** A member that does not serve is well while a server answers it. */
function clientVerdict({ isHeard, members }: ClientNode): Verdict {
  const what = 'this node is a member and does not serve';
  if (isHeard === undefined) return verdict('starting', `${what}; it looks for a server`);
  if (isHeard) return verdict('ready', `${what}; it asks one of ${members.servers.length} servers`);
  return verdict(
    'degraded',
    `${what}; no server answers`,
    'start a server; if all have moved, restart hekafsd with their addresses in --members',
    'HFS-3011',
  );
}

function clusterVerdict(
  { state, troubles, brickPid }: StatusInput,
  { database, isBrickUp, brickWhy }: ConfigNode,
  servers: readonly ServerStatus[],
): Verdict {
  const list = servers.filter(({ role }) => role === 'voter');
  const newer = database.waitsFor().find(({ trouble }) => trouble?.code === 'HFS-1011')?.trouble;
  if (newer) return verdict('read-only', `${newer.what}: ${newer.why}`, newer.next, newer.code);
  const [local] = troubles;
  if (!canWrite(database, list))
    return withLocal(withoutMajority(database.waitsFor(), list.length), local);
  const refusing = list.filter(({ trouble }) => trouble !== null);
  if (list.length - refusing.length < majority(list.length)) return troubled('read-only', refusing);
  const self = servers.find(({ isSelf }) => isSelf);
  if (self === undefined)
    return verdict('joining', 'this node was let in and is not on the list yet; it goes on asking');
  if (self.role === 'learner')
    return verdict('joining', 'this server is catching up and does not vote yet');
  if (refusing.some(isMoreThanDown)) return troubled('degraded', refusing.filter(isMoreThanDown));
  const away = servers.filter(({ up, isSelf }) => up === false && !isSelf);
  const down = away.map(({ name }) => name);
  if (down.length > 0)
    return verdict(
      'degraded',
      `${away.map(downText).join(', ')} ${down.length > 1 ? 'are' : 'is'} down; ${majority(list.length)} of ${list.length} servers are needed`,
      `bring ${down.join(', ')} back, or hfs_config retire a server that never comes back`,
    );
  if (local) return verdict('degraded', `${local.what}: ${local.why}`, local.next, local.code);
  if (!isBrickUp && state.brick && brickPid !== null)
    return verdict(
      'degraded',
      `the brick of this server does not answer (${brickWhy}), and its process ${brickPid} is there`,
      'see whether it starts only now, is stopped, or its disk hangs; it is used again by itself when it answers',
      'HFS-2007',
    );
  if (!isBrickUp && state.brick)
    return verdict(
      'degraded',
      'the brick of this server is down',
      'hekafsd is starting it again; see its log',
      'HFS-5004',
    );
  return verdict(
    'ready',
    `${list.length} ${list.length === 1 ? 'server votes' : 'servers vote'}, all are up`,
  );
}

/** What is wrong here may be why there is no majority. */
function withLocal(said: Verdict, local: Problem | undefined): Verdict {
  if (local === undefined) return said;
  return { ...said, summary: `${said.summary}; on this node ${local.what}: ${local.why}` };
}

function downText({ name, why }: ServerStatus): string {
  return why === null ? name : `${name} (${why})`;
}

/** A leader that has lost its majority still leads: nobody else can. So what counts is that logs answer it. */
function canWrite(database: ConfigDatabase, list: readonly ServerStatus[]): boolean {
  if (database.leaderHint === undefined) return false;
  if (database.isLeading && list.filter(({ up }) => up === true).length < majority(list.length))
    return false;
  return database.ageMs !== null && database.ageMs < UNCONFIRMED_MS;
}

/** Where all that are waited for have more than gone away, what ends that of the first one is what to do. */
function withoutMajority(waited: readonly Waited[], count: number): Verdict {
  const summary = `no majority of the ${count} servers: ${waiting(waited)}`;
  const troubles = waited.map(({ trouble }) => trouble);
  const [first] = troubles;
  if (first && troubles.every((trouble) => trouble && trouble.code !== 'HFS-2003'))
    return verdict('read-only', summary, first.next, first.code);
  return verdict(
    'read-only',
    summary,
    'bring one of these back: writes resume by themselves; hfs_config get --stale reads meanwhile',
    'HFS-2001',
  );
}

/** Something that does not end by starting it again. */
function isMoreThanDown({ trouble }: ServerStatus): boolean {
  return trouble !== null && trouble.code !== 'HFS-2003';
}

function troubled(state: Status['state'], servers: readonly ServerStatus[]): Verdict {
  const [first] = servers;
  const why = servers.map(({ trouble }) => `${trouble?.what}: ${trouble?.why}`).join('; ');
  return verdict(state, why, first?.trouble?.next, first?.trouble?.code);
}

function waiting(waited: readonly Waited[]): string {
  return waited.length > 0
    ? `waiting for ${waited.map(waitedText).join(', ')}`
    : 'looking for them';
}

function verdict(
  state: Status['state'],
  summary: string,
  action = 'none',
  see: Status['see'] = null,
): Verdict {
  return { state, summary, action, see };
}
