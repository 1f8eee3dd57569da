import type { Dict } from '../fop/dict.js';
import type { Fd } from '../fop/fd.js';
import { FOP_NAMES, type FopName, type Reply, type Request } from '../fop/fops.js';
import type { Gfid } from '../fop/gfid.js';
import { compileCodec } from './codec-compiler.js';
import { FOP_TABLE } from './fop-table.js';
import type { Reader, Writer } from './xdr.js';

/** What the numbers of fds stand for on one connection, as its client sees it. */
export interface FdNumbers {
  /** Throws a FopError, EBADF where the fd is not open on this connection. */
  numberOf(fd: Fd): number;
}

/** The same as its server sees it. */
export interface FdTable {
  /** Throws a FopError, EBADF for a number that is not in use; `gfid` is for the anonymous fd. */
  find(number: number, gfid: Gfid): Fd;
  /** Makes the fd that a request to open is to fill. */
  create(gfid: Gfid, flags: number): Fd;
}

/** The number of the fd that nobody opened. */
export const ANONYMOUS_FD = -2;

/**
 * One fop on the wire. The encoders leave headers to the caller and answer the payload that follows what they wrote.
 * The decoders take a reader that stands behind the headers and throw a `malformed` RpcError unless everything in the
 * record is understood and nothing is left over.
 */
export interface FopCodec<F extends FopName> {
  readonly fop: F;
  readonly number: number;
  encodeRequest(writer: Writer, request: Request<F>, fds: FdNumbers): Buffer | undefined;
  /** Throws a FopError where the request is well formed and cannot be: an unknown fd, an offset beyond 2^53. */
  decodeRequest(reader: Reader, fds: FdTable): Request<F>;
  /** `fd` is the number of what open, opendir or create opened; others do not look at it. */
  encodeReply(writer: Writer, reply: Reply<F>, fd: number): Buffer | undefined;
  /** The complete struct follows an error too, zero-filled: C peers decode it before they look at the error. */
  encodeError(writer: Writer, errno: number, xdata?: Dict): void;
  /** Throws the FopError that the reply carries, said to come from `where`. */
  decodeReply(reader: Reader, where: string): DecodedReply<F>;
}

export interface DecodedReply<F extends FopName> {
  readonly reply: Reply<F>;
  /** The number of the fd that was opened, else -1. */
  readonly fd: number;
}

const compiled = new Map<FopName, FopCodec<FopName>>();

/** The codec of a fop, compiled when it is first wanted. */
export function codecOf<F extends FopName>(fop: F): FopCodec<F> {
  let codec = compiled.get(fop);
  if (codec === undefined) {
    codec = compileCodec(fop, FOP_TABLE[fop]);
    compiled.set(fop, codec);
  }
  return codec as unknown as FopCodec<F>;
}

const byNumber = new Map(FOP_NAMES.map((fop) => [FOP_TABLE[fop].number, fop]));

/** The fop with this procedure number. */
export function fopOfNumber(number: number): FopName | undefined {
  return byNumber.get(number);
}
