import { SERVERS_KEY } from '../config/desired-values.js';
import type { Members, Server } from '../config/members.js';
import { PeerError, type Peers } from '../config/peers.js';
import { isErrno } from '../fop/error.js';
import { isGfid } from '../fop/gfid.js';
import { readable } from '../fop/name.js';
import { buildGraph } from '../graph/graph.js';
import { TRANSLATORS } from '../graph/translators.js';
import { type Credentials, configValuesVolfile } from '../graph/volgen.js';
import { Volume } from '../mount/volume.js';
import type { Platform } from '../platform/platform.js';
import type { ServersReport } from './verbs.js';

/** What one server of the list said, and which markers stand in its copy. */
export interface ServerEvidence {
  readonly server: Server;
  readonly answered: 'yes' | 'no' | 'unknown';
  readonly why: string;
  /** Node ids of the markers in its copy; undefined where its copy could not be read. */
  readonly markers: ReadonlySet<string> | undefined;
}

/** What answered at an address of `--members` that is no known server's. */
export interface ListedEvidence {
  readonly address: string;
  readonly node: string;
  readonly name: string;
  readonly answered: 'yes' | 'no' | 'unknown';
  readonly difference: string;
}

export interface VerificationContext {
  readonly platform: Platform;
  readonly peers: Peers;
  readonly self: string;
  readonly cluster: string;
  readonly reader: Credentials;
}

const STATUS_MS = 1000;
const MOUNT_MS = 1500;

/** Asks each server of the list, and looks into its copy with a mount that writes and heals nothing. */
export function gatherEvidence(
  context: VerificationContext,
  members: Members,
): Promise<ServerEvidence[]> {
  return Promise.all(members.servers.map((server) => evidenceOf(context, server)));
}

async function evidenceOf(context: VerificationContext, server: Server): Promise<ServerEvidence> {
  const [{ answered, why }, markers] = await Promise.all([
    answerOf(context, server),
    markersOf(context, server),
  ]);
  return { server, answered, why, markers };
}

/** Asks at the addresses of `--members` beside those that the list has. */
export function askListed(
  context: VerificationContext,
  members: Members,
  addresses: readonly string[],
): Promise<ListedEvidence[]> {
  const known = new Set(members.servers.map(({ address }) => address));
  return Promise.all(
    addresses.filter((each) => !known.has(each)).map((each) => listedAt(context, members, each)),
  );
}

async function listedAt(
  { peers, cluster, self }: VerificationContext,
  members: Members,
  address: string,
): Promise<ListedEvidence> {
  try {
    const { node, name, ...status } = await peers.status(address, STATUS_MS);
    const isKnown = node === self || members.servers.some((server) => server.node === node);
    const isStranger = status.cluster !== null && status.cluster !== cluster;
    const difference = isKnown
      ? ''
      : isStranger
        ? `it belongs to another cluster, ${status.cluster}`
        : status.server
          ? 'it serves this cluster and is not on the list'
          : '';
    return {
      address,
      node,
      name,
      answered: status.server && !isStranger ? 'yes' : 'no',
      difference,
    };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { address, node: '', name: address, answered: 'unknown', difference: '' };
  }
}

/** Yes or no is what the node itself says; silence is unknown, never no. */
async function answerOf(
  { peers, self, cluster }: VerificationContext,
  server: Server,
): Promise<Pick<ServerEvidence, 'answered' | 'why'>> {
  if (server.node === self) return { answered: 'yes', why: '' };
  try {
    const status = await peers.status(server.address, STATUS_MS);
    if (status.node !== server.node)
      return { answered: 'no', why: `node ${status.node} answers at ${server.address}` };
    if (status.cluster !== cluster)
      return { answered: 'no', why: `it belongs to cluster ${status.cluster ?? 'none'}` };
    return status.server
      ? { answered: 'yes', why: '' }
      : { answered: 'no', why: 'it does not serve' };
  } catch (error) {
    if (error instanceof PeerError) return { answered: 'unknown', why: error.message };
    throw error;
  }
}

/** The verification mount of one server. */
async function markersOf(
  { platform, reader }: VerificationContext,
  server: Server,
): Promise<ReadonlySet<string> | undefined> {
  const at = { number: server.brick, host: server.host, port: server.port };
  const graph = buildGraph(configValuesVolfile(at, reader), TRANSLATORS, platform);
  try {
    const isUp = new Promise<boolean>((resolve) => {
      const timer = platform.clock.after(MOUNT_MS, () => resolve(false));
      graph.top.listen(({ event }) => {
        if (event !== 'child-up' && event !== 'auth-failed') return;
        timer.cancel();
        resolve(event === 'child-up');
      });
    });
    await graph.start();
    if (!(await isUp)) return undefined;
    const volume = new Volume(graph.top, { newGfid: () => platform.random.uuid() });
    const names = (await volume.list(SERVERS_KEY)).map(({ name }) => readable(name));
    return new Set(names.filter((name) => isGfid(name)));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return new Set();
    return undefined;
  } finally {
    await graph.stop();
  }
}

/** Lays the three lists side by side: known, answered, markers. Pure. */
export function compareLists(
  members: Members,
  evidence: readonly ServerEvidence[],
  listed: readonly ListedEvidence[] = [],
): ServersReport {
  const copies = evidence.map(({ markers }) => markers).filter((markers) => markers !== undefined);
  const marked = new Set(copies.flatMap((markers) => [...markers]));
  const rows = evidence.map((each) => {
    const { server, answered } = each;
    const marker = marked.has(server.node);
    return {
      node: server.node,
      name: server.name,
      known: true,
      answered,
      marker,
      difference: differenceOf(each, marker, copies.length > 0),
    };
  });
  const strangers = [...marked].filter(
    (node) => !members.servers.some((each) => each.node === node),
  );
  const extra = strangers.map((node) => strangerRow(members, node));
  const found = listed
    .filter(({ node }) => !members.servers.some((each) => each.node === node))
    .map(({ address: _address, ...row }) => ({ ...row, known: false, marker: false }));
  const all = [...rows, ...extra, ...found];
  return { rows: all, agree: all.every(({ difference }) => difference === '') };
}

function differenceOf(evidence: ServerEvidence, isMarked: boolean, isAnyRead: boolean): string {
  if (evidence.answered === 'no') return `it says no: ${evidence.why}`;
  if (evidence.answered === 'unknown') return `no answer: ${evidence.why}`;
  if (isAnyRead && !isMarked) return 'it serves and has left no marker';
  if (evidence.markers === undefined) return 'its copy cannot be read now: it may lag';
  return '';
}

function strangerRow(members: Members, node: string): ServersReport['rows'][number] {
  const tombstone = members.retired.find((each) => each.node === node);
  const difference = tombstone ? 'a marker of a retired server' : 'a marker of an unknown server';
  const name = tombstone?.name ?? '?';
  return { node, name, known: false, answered: 'unknown', marker: true, difference };
}
