import { type ErrnoName, FopError } from '../../../fop/error.js';
import { Fd } from '../../../fop/fd.js';
import { FOP_NAMES, type FopName, type Request } from '../../../fop/fops.js';
import { NULL_GFID } from '../../../fop/gfid.js';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../../../fop/name.js';
import { FOP_TABLE } from '../../../rpc/fop-table.js';
import { MAX_RECORD_BYTES } from '../../../rpc/record.js';

/*
 * What a client may ask, beyond being well formed. Whatever passes here is safe to use as a name below: one
 * component, no NUL, no more bytes than a name may have.
 */

const MAX_OWNER_BYTES = 1024;
/** A reply has to fit into a record. */
const MAX_READ_BYTES = MAX_RECORD_BYTES - 64 * 1024;
/** Bricks never answer more of a directory at once. */
const MAX_READDIR_BYTES = 128 * 1024;

interface Checks {
  readonly gfids: readonly string[];
  readonly names: readonly string[];
  readonly texts: readonly string[];
  readonly fds: readonly string[];
}

function fieldsOf(fop: FopName, ...kinds: readonly string[]): readonly string[] {
  const fields: readonly string[] = FOP_TABLE[fop].request;
  return fields
    .map((field) => field.split(':'))
    .filter(([, kind]) => kinds.includes(kind ?? ''))
    .map(([name]) => name ?? '');
}

const CHECKS = new Map<FopName, Checks>(
  FOP_NAMES.map((fop) => [
    fop,
    {
      gfids: fop === 'lookup' ? [] : fieldsOf(fop, 'gfid'),
      names: fieldsOf(fop, 'name'),
      texts: fieldsOf(fop, 'text', 'optional-text'),
      fds: fieldsOf(fop, 'fd'),
    },
  ]),
);

/** Answers the request, its sizes cut to what is served, or throws the FopError that it deserves. */
export function checkRequest<F extends FopName>(
  fop: F,
  request: Request<F>,
  where: string,
): Request<F> {
  const fault = faultOf(fop, request as Readonly<Record<string, unknown>>);
  if (fault !== undefined) throw new FopError(fault, where);
  if ((fop === 'readdir' || fop === 'readdirp') && 'size' in request)
    return { ...request, size: Math.min(request.size, MAX_READDIR_BYTES) };
  return request;
}

function faultOf(fop: FopName, request: Readonly<Record<string, unknown>>): ErrnoName | undefined {
  const checks = CHECKS.get(fop);
  if (checks === undefined) return 'EOPNOTSUPP';
  if (fop === 'lookup') return lookupFault(request);
  for (const gfid of checks.gfids) if (request[gfid] === NULL_GFID) return 'EINVAL';
  for (const fd of checks.fds) if (isNowhere(request[fd])) return 'EINVAL';
  for (const name of checks.names) {
    const fault = nameFault(request[name]);
    if (fault !== undefined) return fault;
  }
  for (const text of checks.texts) {
    const fault = textFault(request[text]);
    if (fault !== undefined) return fault;
  }
  return sizeFault(fop, request) ?? ownerFault(request['flock']);
}

/** By name in a directory, or by gfid without one. */
function lookupFault(request: Readonly<Record<string, unknown>>): ErrnoName | undefined {
  if (request['bname'] === '') return request['gfid'] === NULL_GFID ? 'EINVAL' : undefined;
  if (request['pargfid'] === NULL_GFID) return 'EINVAL';
  const name = request['bname'];
  return typeof name === 'string' && name.includes('/') ? 'EPERM' : nameFault(name);
}

function isNowhere(fd: unknown): boolean {
  return fd instanceof Fd && fd.isAnonymous && fd.gfid === NULL_GFID;
}

function nameFault(name: unknown): ErrnoName | undefined {
  if (typeof name !== 'string' || name === '' || name === '.' || name === '..') return 'EINVAL';
  if (name.length > MAX_NAME_BYTES) return 'ENAMETOOLONG';
  return name.includes('/') || name.includes('\0') ? 'EINVAL' : undefined;
}

function textFault(text: unknown): ErrnoName | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || text.includes('\0')) return 'EINVAL';
  return text.length > MAX_PATH_BYTES ? 'ENAMETOOLONG' : undefined;
}

function sizeFault(
  fop: FopName,
  request: Readonly<Record<string, unknown>>,
): ErrnoName | undefined {
  const wanted = fop === 'readv' ? request['size'] : fop === 'rchecksum' ? request['len'] : 0;
  return typeof wanted === 'number' && wanted > MAX_READ_BYTES ? 'EINVAL' : undefined;
}

function ownerFault(flock: unknown): ErrnoName | undefined {
  if (typeof flock !== 'object' || flock === null || !('lkOwner' in flock)) return undefined;
  const { lkOwner } = flock;
  return typeof lkOwner === 'string' && lkOwner.length <= MAX_OWNER_BYTES ? undefined : 'EINVAL';
}
