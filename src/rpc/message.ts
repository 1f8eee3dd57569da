import { malformed, RpcError } from './error.js';
import type { Program } from './programs.js';
import type { Reader, Writer } from './xdr.js';

/*
 * The headers of ONC RPC version 2 (RFC 5531):
 *
 *   call   xid 0 2 program version procedure | credential flavour, length, body | verifier 0, 0 | arguments
 *   reply  xid 1 0 verifier 0, 0 accept-state | results              refused: xid 1 1 reject-state …
 */

const CALL = 0;
const REPLY = 1;
const RPC_VERSION = 2;
const MAX_CREDENTIAL_BYTES = 400;
/** Between the record marker and the body of an accepted reply. */
const REPLY_HEADER_WORDS = 6;

export const ACCEPTED = 0;
export const NO_PROGRAM = 1;
export const NO_VERSION = 2;
export const NO_PROCEDURE = 3;
export const BAD_ARGUMENTS = 4;
const SYSTEM_ERROR = 5;

const DENIED = 1;
const AUTH_ERROR = 1;
/** RFC 5531's AUTH_REJECTEDCRED, which is what GlusterFS answers. */
const REJECTED_CREDENTIAL = 2;

export interface CallHeader {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly flavour: number;
  /** Where the credential's body stands in the record, and how long it is. */
  readonly credentialAt: number;
  readonly credentialBytes: number;
}

/** A record's first two words: whose it is and which way it goes. */
export function readDirection(reader: Reader): { xid: number; isCall: boolean } {
  const xid = reader.u32();
  const direction = reader.u32();
  if (direction !== CALL && direction !== REPLY)
    throw malformed(`message type ${direction} is neither call nor reply`);
  return { xid, isCall: direction === CALL };
}

export function readCallHeader(reader: Reader): CallHeader {
  const rpcVersion = reader.u32();
  if (rpcVersion !== RPC_VERSION) throw malformed(`RPC version ${rpcVersion}, not 2`);
  const program = reader.u32();
  const version = reader.u32();
  const procedure = reader.u32();
  const flavour = reader.u32();
  const credentialBytes = reader.u32();
  const credentialAt = skipBody(reader, credentialBytes);
  reader.u32();
  skipBody(reader, reader.u32());
  return { program, version, procedure, flavour, credentialAt, credentialBytes };
}

function skipBody(reader: Reader, length: number): number {
  if (length > MAX_CREDENTIAL_BYTES)
    throw malformed(`a credential of ${length} bytes, ${MAX_CREDENTIAL_BYTES} are allowed`);
  return reader.take((length + 3) & ~3);
}

/** `credential` is what credentials.ts encodes: flavour, length, body and an empty verifier. */
export function writeCallHeader(
  writer: Writer,
  xid: number,
  program: Program,
  procedure: number,
  credential: Buffer,
): void {
  writer.u32(0);
  writer.u32(xid);
  writer.u32(CALL);
  writer.u32(RPC_VERSION);
  writer.u32(program.number);
  writer.u32(program.version);
  writer.u32(procedure);
  writer.raw(credential);
}

export function writeReplyHeader(writer: Writer, xid: number, state: number): void {
  writer.zeros(REPLY_HEADER_WORDS * 4 + 4);
  writer.setWord(4, xid);
  writer.setWord(8, REPLY);
  writer.setWord(24, state);
}

/** The server does not believe who the caller says that it is. */
export function writeDenial(writer: Writer, xid: number): void {
  for (const word of [0, xid, REPLY, DENIED, AUTH_ERROR, REJECTED_CREDENTIAL]) writer.u32(word);
}

/** Reads a reply's header after its direction and leaves the reader at the results, or throws the refusal. */
export function readReplyHeader(reader: Reader): void {
  const status = reader.u32();
  if (status === DENIED) throw new RpcError('denied', 'the server does not accept the credential');
  if (status !== ACCEPTED) throw malformed(`reply status ${status}`);
  reader.u32();
  skipBody(reader, reader.u32());
  const state = reader.u32();
  if (state !== ACCEPTED) throw refusal(state);
}

function refusal(state: number): RpcError {
  if (state === NO_PROGRAM) return new RpcError('no-program', 'the server lacks this program');
  if (state === NO_VERSION) return new RpcError('no-version', 'the server has another version');
  if (state === NO_PROCEDURE) return new RpcError('no-procedure', 'the server lacks this fop');
  if (state === BAD_ARGUMENTS)
    return new RpcError('bad-arguments', 'the server cannot decode the arguments');
  if (state === SYSTEM_ERROR) return new RpcError('system', 'the server is out of resources');
  return malformed(`accept state ${state}`);
}
