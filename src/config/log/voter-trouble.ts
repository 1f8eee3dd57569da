import { isErrno } from '../../fop/error.js';
import { endpointText } from '../../platform/network.js';
import { diskProblem } from '../disk-problem.js';
import type { Problem } from '../error.js';
import type { Server } from '../members.js';
import { NewerFormat } from './bytes.js';
import { type LossKind, type LostVote, lossOf } from './lost-vote.js';
import { AppendRefused } from './voter-link.js';

/** Why the log of a server takes no entries, for people: what is the matter there, and what ends it. */
export function voterTrouble(server: Server, error: unknown): Problem {
  const cause = error instanceof AppendRefused ? error.cause : error;
  const loss = lossOf(cause);
  if (loss) return lostVote(server, loss);
  if (isErrno(cause, ...OF_THE_DISK))
    return diskProblem(whatOf(server), `${server.path}/journal`, cause);
  if (cause instanceof NewerFormat) return newerFormat(server, cause);
  return {
    code: 'HFS-2003',
    what: `the log of ${server.name} does not answer`,
    why: cause instanceof Error ? cause.message : String(cause),
    next: `it is tried again by itself; is the brick ${endpointText(server)} up?`,
  };
}

const OF_THE_DISK = [
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
  'EACCES',
  'EPERM',
] as const;

function whatOf({ name }: Server): string {
  return `the log of ${name} takes no entries`;
}

function newerFormat(server: Server, { message }: NewerFormat): Problem {
  const why = `${server.path}/journal: ${message}`;
  const next = 'start the newer release again: no server goes back once one has written that way';
  return { code: 'HFS-1011', what: whatOf(server), why, next };
}

const byItself = (name: string): string =>
  `${name} rejoins with a new log by itself once the others can commit; hfs_config status there`;
const byHand = (name: string): string =>
  `look at the disk of ${name}, replace it if need be; then hfs_config verify --repair there rejoins with a new log`;

const NEXT: Readonly<Record<LossKind, (name: string) => string>> = {
  rotten: byItself,
  'rolled-back': byItself,
  missing: byItself,
  wrong: byHand,
  unsynced: byHand,
};

function lostVote(server: Server, { kind, message }: LostVote): Problem {
  const { name, path } = server;
  return {
    code: kind === 'unsynced' ? 'HFS-5010' : 'HFS-5006',
    what: whatOf(server),
    why: `${path}/journal: ${message}`,
    next: NEXT[kind](name),
  };
}
