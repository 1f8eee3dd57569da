import { SERVERS_KEY } from '../config/desired-values.js';
import type { Members, Server } from '../config/members.js';
import { PeerError, type PeerStatus, type Peers } from '../config/peers.js';
import { isErrno } from '../fop/error.js';
import { isGfid } from '../fop/gfid.js';
import { readable } from '../fop/name.js';
import type { Credentials } from '../graph/volgen.js';
import type { Volume } from '../mount/volume.js';
import type { Platform } from '../platform/platform.js';
import type {
  AddressAnswer,
  CopyEvidence,
  ListedEvidence,
  Marker,
  ServerEvidence,
} from './server-evidence.js';
import { withCopyOf } from './verification-mount.js';

export interface VerificationContext {
  readonly platform: Platform;
  readonly peers: Peers;
  readonly self: string;
  /** What this node says of itself. */
  readonly own: () => PeerStatus;
  readonly reader: Credentials;
}

const STATUS_MS = 1000;
const MAX_MARKER_BYTES = 64 * 1024;
/** Where servers were that have been retired lately is asked too. */
const MAX_RETIRED = 8;

/** Asks each server of the list, and looks into its copy with a mount that writes and heals nothing. */
export function gatherEvidence(
  context: VerificationContext,
  members: Members,
): Promise<ServerEvidence[]> {
  return Promise.all(
    members.servers.map(async (server) => {
      const [answer, copy] = await Promise.all([
        server.node === context.self
          ? { kind: 'status' as const, status: context.own() }
          : answerAt(context, server.address),
        copyOf(context, server),
      ]);
      return { server, answer, copy };
    }),
  );
}

/** Asks at the addresses of `--members` and of retired servers, beside those that the list has. */
export function askListed(
  context: VerificationContext,
  members: Members,
  addresses: readonly string[],
): Promise<ListedEvidence[]> {
  const known = new Set(members.servers.map(({ address }) => address));
  const retired = members.retired.slice(-MAX_RETIRED).flatMap(({ address }) => address ?? []);
  const asked = new Set([...addresses, ...retired].filter((each) => !known.has(each)));
  return Promise.all(
    [...asked].map(async (address) => ({ address, answer: await answerAt(context, address) })),
  );
}

async function answerAt({ peers }: VerificationContext, address: string): Promise<AddressAnswer> {
  try {
    return { kind: 'status', status: await peers.status(address, STATUS_MS) };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { kind: 'silent', why: error.message };
  }
}

async function copyOf(context: VerificationContext, server: Server): Promise<CopyEvidence> {
  try {
    const markers = await withCopyOf(context.platform, context.reader, server, markersIn);
    return { kind: 'read', markers };
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
}

async function markersIn(volume: Volume): Promise<ReadonlyMap<string, Marker | null>> {
  const markers = new Map<string, Marker | null>();
  for (const name of await namesIn(volume))
    if (isGfid(name)) markers.set(name, await markerAt(volume, `${SERVERS_KEY}/${name}`));
  return markers;
}

async function namesIn(volume: Volume): Promise<string[]> {
  try {
    return (await volume.list(SERVERS_KEY)).map(({ name }) => readable(name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Null for one that says nothing intelligible: made by hand, or torn. */
async function markerAt(volume: Volume, path: string): Promise<Marker | null> {
  try {
    const bytes = await volume.readFile(path, MAX_MARKER_BYTES);
    const fields = JSON.parse(bytes.toString('utf8')) as Partial<Marker> | null;
    const { name, address, voter } = fields ?? {};
    if (typeof name !== 'string' || typeof address !== 'string' || typeof voter !== 'string')
      return null;
    return { name, address, voter };
  } catch {
    return null;
  }
}
