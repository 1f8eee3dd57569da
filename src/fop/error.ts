import { constants } from 'node:os';
import type { Dict } from './dict.js';

/** The names of Linux's errno values, `ENOENT` and so on. */
export type ErrnoName =
  | keyof typeof constants.errno
  | 'EBADFD'
  | 'ESTALE'
  | 'EUCLEAN'
  | 'EREMOTEIO';

const EXTRA: Readonly<Record<string, number>> = {
  EBADFD: 77,
  ESTALE: 116,
  EUCLEAN: 117,
  EREMOTEIO: 121,
};

/** Linux's number of an errno name. */
export function errnoNumber(name: ErrnoName): number {
  return EXTRA[name] ?? constants.errno[name as keyof typeof constants.errno];
}

const NAMES = new Map<number, ErrnoName>(
  [...Object.entries(constants.errno), ...Object.entries(EXTRA)]
    .filter(([name]) => name !== 'EWOULDBLOCK' && name !== 'ENOTSUP')
    .map(([name, number]) => [number, name as ErrnoName]),
);

/** The name of a number from the wire; one that Linux does not know is an EIO. */
export function errnoName(number: number): ErrnoName {
  return NAMES.get(number) ?? 'EIO';
}

/**
 * The only error a fop may answer with. `where` is the translator's volume name (or, below the
 * border, the system call); `cause` what lies beneath, for the log; `xdata` crosses the wire with the errno. Compare `errno`, never text.
 */
export class FopError extends Error {
  override readonly name = 'FopError';

  constructor(
    readonly errno: ErrnoName,
    readonly where: string,
    override readonly cause?: unknown,
    /** What the answer says beside the errno; few errors say anything. */
    readonly xdata: Dict = null,
  ) {
    // A stack costs more than most fops; where it came from is in `where` and `cause`.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(`${errno} at ${where}`);
    Error.stackTraceLimit = limit;
  }
}

/** True where `error` is a FopError with one of these numbers. */
export function isErrno(error: unknown, ...names: readonly ErrnoName[]): error is FopError {
  return error instanceof FopError && names.includes(error.errno);
}
