import { type Members, majority, type Server, voters } from '../members.js';
import type { CommitMark } from './entry.js';
import { compareEpochs, type Epoch } from './epoch.js';
import { rotten } from './lost-vote.js';
import type { SealedRecord } from './record.js';
import { EpochLost, type VoterLink } from './voter-link.js';
import { voterTrouble } from './voter-trouble.js';
import { type Waited, waitedText } from './waited.js';

/** Too few voters answered; `missing` says whom it waits for. */
export class NoMajority extends Error {
  override readonly name = 'NoMajority';

  constructor(readonly missing: readonly Waited[]) {
    super(`no majority: waiting for ${missing.map(waitedText).join(', ')}`);
  }
}

/** What a take-over needs of the node that attempts it. */
export interface TakeOverContext {
  /** The link to a voter, made when first asked for. */
  link(server: Server): VoterLink;
  /** The applied state: its mark and its list. */
  mark(): CommitMark;
  members(): Members;
  /** Applies one committed record. */
  apply(record: SealedRecord): void;
}

/** What a take-over finds: accepted records that may have been committed, in order, to be committed again. */
export interface Recovered {
  readonly open: readonly SealedRecord[];
}

/**
 * Steps 1 and 2 of a take-over (protocol, section 3): promises from a majority of every list passed through, all
 * committed records applied, and the open ones found. Throws EpochLost or NoMajority.
 */
export async function takeOver(context: TakeOverContext, epoch: Epoch): Promise<Recovered> {
  const promised = new Map<string, Promise<VoterLink>>();
  for (;;) {
    const list = context.members();
    // What one log records of another's length must be known before anything is appended to that one: afterwards it may
    // be as long as it was before it was rolled back.
    await byMajority(voters(list), (server) => attached(context, server));
    const links = await byMajority(voters(list), (server) => {
      const running = promised.get(server.voter) ?? promiseOf(context, server, epoch);
      promised.set(server.voter, running);
      return running;
    });
    await applyCommitted(context, links);
    if (context.members().epoch === list.epoch)
      return { open: await openRecords(links, context.mark()) };
  }
}

async function attached(context: TakeOverContext, server: Server): Promise<VoterLink> {
  const link = context.link(server);
  if (!link.attached) await link.refresh();
  return link;
}

/** Reads the logs of a majority, and writes nothing. Throws NoMajority where too few answer. */
export function reachMajority(
  link: (server: Server) => VoterLink,
  members: Members,
): Promise<unknown> {
  return byMajority(voters(members), async (server) => {
    const voter = link(server);
    await voter.refresh();
    return voter;
  });
}

async function promiseOf(
  context: TakeOverContext,
  server: Server,
  epoch: Epoch,
): Promise<VoterLink> {
  const link = context.link(server);
  await link.refresh();
  await link.append(epoch, { kind: 'promise' }, context.mark(), []);
  return link;
}

/** Asks all at once and settles when a majority has done it. Throws EpochLost as soon as one does, or NoMajority. */
function byMajority(
  servers: readonly Server[],
  ask: (server: Server) => Promise<VoterLink>,
): Promise<VoterLink[]> {
  const needed = majority(servers.length);
  const won: VoterLink[] = [];
  const failed: Waited[] = [];
  return new Promise((resolve, reject) => {
    if (servers.length === 0) reject(new NoMajority([]));
    for (const server of servers)
      ask(server).then(
        (link) => {
          won.push(link);
          if (won.length === needed) resolve([...won]);
        },
        (error: unknown) => {
          if (error instanceof EpochLost) reject(error);
          failed.push({ name: server.name, trouble: voterTrouble(server, error) });
          if (failed.length > servers.length - needed) reject(new NoMajority(failed));
        },
      );
  });
}

function newestCommit(links: readonly VoterLink[], atLeast: CommitMark): CommitMark {
  let newest = atLeast;
  for (const { log } of links) if (log.commit.revision > newest.revision) newest = log.commit;
  return newest;
}

async function applyCommitted(
  context: TakeOverContext,
  links: readonly VoterLink[],
): Promise<void> {
  const mark = newestCommit(links, context.mark());
  const source = links.filter((link) => link.log.settle(mark))[0];
  while (context.mark().revision < mark.revision) {
    const records = (await source?.records(context.mark().revision + 1)) ?? [];
    if (records.length === 0)
      throw rotten(`no log of the majority holds all revisions up to ${mark.revision}`);
    for (const record of records)
      if (record.record.revision <= mark.revision) context.apply(record);
  }
}

/** For each revision after `mark` the accept of the highest epoch, as far as they form a chain. */
async function openRecords(links: readonly VoterLink[], mark: CommitMark): Promise<SealedRecord[]> {
  const found: SealedRecord[] = [];
  let last = mark;
  for (;;) {
    const revision = last.revision + 1;
    const link = highestAccept(links, revision);
    const accept = link?.log.accept(revision);
    if (link === undefined || !accept?.previous.equals(last.hash)) return found;
    const record = await link.record(revision);
    if (record === undefined) return found;
    found.push(record);
    last = { revision, hash: record.hash };
  }
}

function highestAccept(links: readonly VoterLink[], revision: number): VoterLink | undefined {
  let best: VoterLink | undefined;
  for (const link of links) {
    const accept = link.log.accept(revision);
    if (accept === undefined) continue;
    const known = best?.log.accept(revision);
    if (known === undefined || compareEpochs(accept.epoch, known.epoch) > 0) best = link;
  }
  return best;
}
