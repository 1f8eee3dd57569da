/**
 * Every error of the config database and the daemon has a stable code, so that scripts and people can look it up.
 * `exit` is hfs_config's exit status and `http` the status of the answer (see the README's table, made from this one).
 */
export const CODES = {
  'HFS-1001': { exit: 2, http: 400, title: 'bad request' },
  'HFS-1002': { exit: 2, http: 400, title: 'key not allowed or too long' },
  'HFS-1003': { exit: 1, http: 413, title: 'value too large' },
  'HFS-1004': { exit: 3, http: 404, title: 'no such key' },
  'HFS-1005': { exit: 5, http: 412, title: 'condition not met' },
  'HFS-1006': { exit: 4, http: 409, title: 'already initialised' },
  'HFS-1007': {
    exit: 5,
    http: 409,
    title: 'a value is in the way of a directory, or a directory of a value',
  },
  'HFS-1008': { exit: 5, http: 409, title: 'directory not empty' },
  'HFS-1009': { exit: 3, http: 404, title: 'no such page' },
  'HFS-1010': { exit: 3, http: 404, title: 'no such error code' },
  'HFS-1011': { exit: 1, http: 500, title: 'written by a newer release' },
  'HFS-1012': { exit: 1, http: 413, title: 'too many values for one answer' },
  'HFS-2001': { exit: 6, http: 503, title: 'no quorum: not accepted' },
  'HFS-2002': { exit: 6, http: 503, title: 'no quorum: outcome unknown' },
  'HFS-2003': { exit: 6, http: 503, title: 'no daemon answers' },
  'HFS-2004': {
    exit: 6,
    http: 503,
    title: 'this node is not part of a cluster yet',
  },
  'HFS-2005': { exit: 6, http: 503, title: 'deadline passed' },
  'HFS-2006': { exit: 6, http: 503, title: 'still starting' },
  'HFS-2007': { exit: 6, http: 503, title: 'the brick does not answer' },
  'HFS-3001': { exit: 1, http: 403, title: 'join token not accepted' },
  'HFS-3002': { exit: 7, http: 409, title: 'another cluster' },
  'HFS-3003': { exit: 4, http: 409, title: 'already a server' },
  'HFS-3004': { exit: 3, http: 404, title: 'no such server' },
  'HFS-3005': { exit: 2, http: 409, title: 'ambiguous server name' },
  'HFS-3006': { exit: 7, http: 409, title: 'refused: the last server' },
  'HFS-3007': { exit: 7, http: 409, title: 'refused: would lose the majority' },
  'HFS-3008': { exit: 7, http: 409, title: 'this server was retired' },
  'HFS-3009': {
    exit: 5,
    http: 409,
    title: 'another membership change is under way',
  },
  'HFS-3010': {
    exit: 2,
    http: 400,
    title: 'this address cannot be reached by others',
  },
  'HFS-3011': { exit: 6, http: 503, title: 'no server of the cluster answers' },
  'HFS-3012': { exit: 1, http: 500, title: 'the source of members gives no answer' },
  'HFS-3013': { exit: 6, http: 503, title: 'this server has moved and hears no leader' },
  'HFS-3201': { exit: 7, http: 409, title: 'two nodes with one id' },
  'HFS-3202': { exit: 5, http: 409, title: 'a verification is under way' },
  'HFS-3203': { exit: 6, http: 503, title: 'a copy cannot be looked at' },
  'HFS-3204': { exit: 5, http: 409, title: 'changed by hand on two servers, differently' },
  'HFS-3205': { exit: 1, http: 409, title: 'cannot be adopted' },
  'HFS-3206': { exit: 7, http: 409, title: 'the log of this server cannot be used' },
  'HFS-4001': { exit: 1, http: 401, title: 'not authorised' },
  'HFS-5001': { exit: 1, http: 500, title: 'port in use' },
  'HFS-5002': { exit: 1, http: 500, title: 'state directory in use' },
  'HFS-5003': { exit: 1, http: 500, title: 'state file damaged' },
  'HFS-5004': { exit: 1, http: 500, title: 'brick does not start' },
  'HFS-5005': { exit: 2, http: 400, title: 'volfile error' },
  'HFS-5006': { exit: 1, http: 500, title: 'log damaged' },
  'HFS-5007': { exit: 1, http: 500, title: 'disk error' },
  'HFS-5101': { exit: 1, http: 500, title: 'log file cannot be opened' },
  'HFS-5102': { exit: 1, http: 500, title: 'state directory cannot be used' },
  'HFS-5103': { exit: 1, http: 500, title: 'no extended attributes' },
  'HFS-5008': { exit: 6, http: 507, title: 'disk full' },
  'HFS-5009': { exit: 6, http: 507, title: 'disk is read-only' },
  'HFS-5010': { exit: 1, http: 500, title: 'out until replaced: its disk has failed a sync' },
  'HFS-5011': { exit: 1, http: 500, title: 'brick directory in use' },
  'HFS-5012': { exit: 1, http: 500, title: 'brick directory is not the one that was made' },
  'HFS-5013': { exit: 1, http: 503, title: 'out of file descriptors' },
  'HFS-5014': { exit: 1, http: 500, title: 'started in a directory that has been removed' },
  'HFS-5015': { exit: 1, http: 500, title: 'engine glusterfs cannot be used' },
  'HFS-5016': { exit: 1, http: 500, title: 'glusterfsd complains' },
  'HFS-5017': { exit: 1, http: 500, title: 'the disk of a brick has failed' },
  'HFS-5104': { exit: 1, http: 500, title: 'a brick without trusted attributes' },
  'HFS-9001': { exit: 1, http: 500, title: 'a bug' },
} as const satisfies Record<string, { exit: number; http: number; title: string }>;

export type Code = keyof typeof CODES;

/** What a user is told: what happened, why, and what to do next. */
export interface Problem {
  readonly code: Code;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

export class ConfigError extends Error implements Problem {
  override readonly name = 'ConfigError';

  constructor(
    readonly code: Code,
    readonly what: string,
    readonly why: string,
    readonly next: string,
    override readonly cause?: unknown,
  ) {
    super(`${code} ${what}: ${why}`);
  }

  toJSON(): Problem {
    return { code: this.code, what: this.what, why: this.why, next: this.next };
  }
}

/** The code of that name, as it stands in a text. */
export function codeNamed(name: string | undefined): Code | undefined {
  return Object.keys(CODES).find((code): code is Code => code === name);
}

export function isCode(error: unknown, ...codes: readonly Code[]): error is ConfigError {
  return error instanceof ConfigError && codes.includes(error.code);
}
