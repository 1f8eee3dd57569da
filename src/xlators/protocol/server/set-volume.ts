import type { ErrnoName } from '../../../fop/error.js';
import type { Client } from '../../../fop/frame.js';
import { MAX_PATH_BYTES } from '../../../fop/name.js';
import type { Translator } from '../../../fop/translator.js';
import { type ByteStream, endpointText } from '../../../platform/network.js';
import type { FlatDict } from '../../../rpc/flat-dict.js';
import { FOP_PROGRAM } from '../../../rpc/programs.js';
import type { AuthRules } from './auth.js';

const MAX_ID_BYTES = 1024;

/** What the server knows when a client introduces itself. */
export interface Reception {
  readonly exports: readonly Translator[];
  /** Option auth-path. */
  readonly authPath: string | undefined;
  readonly auth: AuthRules;
  /** True for the id of a client that is connected. */
  isKnown(id: string): boolean;
}

export type Introduction =
  | {
      readonly exported: Translator;
      readonly client: Client;
      /** The directory of it that is wanted, where it is not the root. */
      readonly subdir: string | undefined;
    }
  | { readonly errno: ErrnoName; readonly why: string };

/** Who is this, and may it use what it asks for? Pure; the texts are those that C bricks answer. */
export function introduce(
  dict: FlatDict,
  { remote: from, peerName }: Pick<ByteStream, 'remote' | 'peerName'>,
  reception: Reception,
): Introduction {
  const subvolume = dict.get('remote-subvolume');
  const id = dict.get('process-uuid');
  if (subvolume === undefined) return refusal('EINVAL', 'No remote-subvolume option specified');
  if (id === undefined || id === '' || id.length > MAX_ID_BYTES)
    return refusal('EINVAL', 'UUID not specified');
  const fault = requestFault(dict);
  if (fault !== undefined) return fault;
  const exported = findExport(subvolume, reception);
  if (exported === undefined) return refusal('ENOENT', 'Brick not found');
  const verdict = reception.auth.judge(authNames(exported, reception), {
    address: from.host,
    username: dict.get('username'),
    password: dict.get('password'),
    peerName,
    subdir: subdirOf(dict) ?? '/',
  });
  if (!verdict.isAccepted) return refusal('EACCES', 'Authentication failed');
  if (reception.isKnown(id))
    return refusal('EBUSY', 'a client with this process-uuid is connected');
  const address = endpointText(from);
  const { login } = verdict;
  const client = { id, address, ...(login !== undefined && { login }) };
  return { exported, client, subdir: subdirOf(dict) };
}

function refusal(errno: ErrnoName, why: string): { errno: ErrnoName; why: string } {
  return { errno, why };
}

function requestFault(dict: FlatDict): { errno: ErrnoName; why: string } | undefined {
  if (dict.get('fops-version') !== `${FOP_PROGRAM.number}`)
    return refusal('EINVAL', 'version mismatch: only the fops of GlusterFS 4.x are served');
  const subdir = subdirOf(dict);
  if (subdir !== undefined && (!subdir.startsWith('/') || subdir.length > MAX_PATH_BYTES))
    return refusal('EINVAL', 'subdir-mount is no absolute path');
  return undefined;
}

function subdirOf(dict: FlatDict): string | undefined {
  const subdir = dict.get('subdir-mount');
  return subdir === '/' ? undefined : subdir;
}

/** Where there are several subvolumes, the rules for one of them say nothing about the others. */
function authNames(exported: Translator, { exports, authPath }: Reception): readonly string[] {
  return authPath !== undefined && exports.length === 1
    ? [exported.name, authPath]
    : [exported.name];
}

function findExport(subvolume: string, reception: Reception): Translator | undefined {
  const { exports, authPath } = reception;
  const named = exports.find((exported) => exported.name === subvolume);
  if (named !== undefined) return named;
  return subvolume === authPath && exports.length === 1 ? exports[0] : undefined;
}
