import { type ErrnoName, errnoName } from '../../../fop/error.js';
import { byteString } from '../../../fop/name.js';
import type { RpcConnection } from '../../../rpc/connection.js';
import {
  AUTH_GLUSTERFS_V2,
  AUTH_GLUSTERFS_V3,
  encodeCredential,
  OWN_FRAME,
} from '../../../rpc/credentials.js';
import { askPrograms } from '../../../rpc/dump.js';
import { encodeFlatDict } from '../../../rpc/flat-dict.js';
import { readPort, readSetVolumeAnswer } from '../../../rpc/handshake.js';
import {
  FOP_PROGRAM,
  HANDSHAKE,
  HANDSHAKE_PROGRAM,
  PORTMAP,
  PORTMAP_PROGRAM,
  type Program,
} from '../../../rpc/programs.js';
import type { Target } from './target.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const OWN_CREDENTIAL = encodeCredential(OWN_FRAME, AUTH_GLUSTERFS_V2);

/** The server does not take this client. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';

  constructor(
    readonly errno: ErrnoName,
    why: string,
  ) {
    super(why);
  }
}

/** What a server says of itself when it takes a client. */
export interface Welcome {
  /** False where the subvolume behind the server is down; a callback tells when it comes up. */
  readonly isChildUp: boolean;
  readonly volumeId: string | undefined;
}

/** The port of the brick where `connection` leads to a volfile server; undefined where it leads to the brick. */
export async function brickPort(
  connection: RpcConnection,
  target: Target,
): Promise<number | undefined> {
  const programs = await askPrograms(connection, HANDSHAKE_TIMEOUT_MS);
  if (lists(programs, PORTMAP_PROGRAM)) return askPort(connection, target.subvolume);
  if (!lists(programs, FOP_PROGRAM))
    throw new HandshakeError('EPROTO', `the server lacks the program ${FOP_PROGRAM.name}`);
  return undefined;
}

function lists(programs: readonly Program[], wanted: Program): boolean {
  return programs.some(
    ({ number, version }) => number === wanted.number && version === wanted.version,
  );
}

async function askPort(connection: RpcConnection, subvolume: string): Promise<number> {
  const call = connection.beginCall(PORTMAP_PROGRAM, PORTMAP.PORTBYBRICK, OWN_CREDENTIAL);
  call.writer.string(byteString(subvolume));
  const results = await connection.finishCall(call, undefined, HANDSHAKE_TIMEOUT_MS);
  const port = readPort(results);
  if (port === undefined) throw new HandshakeError('ENOENT', `${subvolume} is not being served`);
  return port;
}

/** Introduces this client under `id` and asks for the subvolume. */
export async function setVolume(
  connection: RpcConnection,
  target: Target,
  id: string,
): Promise<Welcome> {
  const credential = encodeCredential(OWN_FRAME, AUTH_GLUSTERFS_V3);
  const call = connection.beginCall(HANDSHAKE_PROGRAM, HANDSHAKE.SETVOLUME, credential);
  call.writer.opaque(encodeFlatDict(introduction(target, id)));
  const results = await connection.finishCall(call, undefined, HANDSHAKE_TIMEOUT_MS);
  const { isAccepted, errno, dict } = readSetVolumeAnswer(results);
  if (!isAccepted)
    throw new HandshakeError(errnoName(errno), dict.get('ERROR') ?? 'the server gives no reason');
  return { isChildUp: dict.get('child_up') !== '0', volumeId: dict.get('volume-id') };
}

function introduction(target: Target, id: string): Map<string, string> {
  const dict = new Map<string, string>();
  for (const [key, value] of target.options) dict.set(byteString(key), byteString(value));
  dict.set('process-uuid', byteString(id));
  dict.set('fops-version', `${FOP_PROGRAM.number}`);
  dict.set('client-version', '10.3');
  dict.set('opversion', '100000');
  dict.set('clnt-lk-version', '1');
  return dict;
}
