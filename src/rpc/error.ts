/**
 * What went wrong between two peers, below the fops. `malformed` and `too-large` condemn the bytes, `closed` and
 * `deadline` leave the outcome of a call unknown, the others are refusals of the peer: the call was not done.
 */
export type RpcFault =
  | 'malformed'
  | 'too-large'
  | 'closed'
  | 'deadline'
  | 'no-program'
  | 'no-version'
  | 'no-procedure'
  | 'bad-arguments'
  | 'denied'
  | 'system';

export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly fault: RpcFault,
    why: string,
  ) {
    super(why);
  }
}

/** Bytes that are not what they should be: the caller closes the connection or refuses the call. */
export function malformed(why: string): RpcError {
  return new RpcError('malformed', why);
}
