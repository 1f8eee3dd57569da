import { FopError } from '../fop/error.js';
import { ConfigError, type Problem } from './error.js';

/** A write that found no room; `freeBytes` is what its filesystem had left then. */
export class NoSpace extends FopError {
  constructor(
    where: string,
    readonly freeBytes: number,
    cause: unknown,
  ) {
    super('ENOSPC', where, cause);
  }
}

/**
 * What a person is told of a disk that refused something: `what` could not be done, below `path`. A ConfigError tells
 * it already; what is no error of a disk at all is a disk error without a name.
 */
export function diskProblem(what: string, path: string, error: unknown): Problem {
  if (error instanceof ConfigError) return error.toJSON();
  const errno = error instanceof FopError ? error.errno : undefined;
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem('HFS-5008', what, full(path, error), `free some space on the disk of ${path}`);
    case 'EROFS':
      return problem(
        'HFS-5009',
        what,
        `the disk of ${path} is read-only`,
        'look at dmesg for why; mount it for writing again',
      );
    case 'EMFILE':
    case 'ENFILE':
      return problem(
        'HFS-5013',
        what,
        `no file descriptor is left for ${path}`,
        'allow more of them: ulimit -n, or LimitNOFILE in the unit',
      );
    case 'EACCES':
    case 'EPERM':
      return problem(
        'HFS-5007',
        what,
        `${errno} at ${path}: this user may not`,
        `give ${path} back to the user that runs hekafsd`,
      );
    default:
      return problem(
        'HFS-5007',
        what,
        `${path}: ${error instanceof Error ? error.message : String(error)}`,
        'look at the disk, and at dmesg',
      );
  }
}

function full(path: string, error: unknown): string {
  const left = error instanceof NoSpace ? `: ${error.freeBytes} bytes free` : '';
  const quota = error instanceof FopError && error.errno === 'EDQUOT';
  return `${quota ? 'the quota' : 'the disk'} of ${path} is ${quota ? 'used up' : 'full'}${left}`;
}

function problem(code: Problem['code'], what: string, why: string, next: string): Problem {
  return { code, what, why, next };
}
