import { ConfigError, type Problem } from '../config/error.js';
import type { Loss } from '../config/log/lost-vote.js';
import type { Server } from '../config/members.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import { PeerError } from '../config/peers.js';
import { sleep } from '../platform/platform.js';
import { type CopyChanges, commandOf, type PlannedAdoption, planAdoption } from './adoption.js';
import type { ConfigNode } from './config-node.js';
import { checkContent } from './content-check.js';
import { readerCredentials } from './credentials.js';
import type { Node } from './node.js';
import { type CopyWords, type HandChange, OwnCopy } from './own-copy.js';
import { withCopyOf } from './verification-mount.js';
import type {
  Adoption,
  CopyReport,
  PathDifference,
  Repair,
  VerifyProgress,
  VerifyReport,
  VerifyRequest,
} from './verify-report.js';

/** Paths that a report names for each copy; the rest are counted. */
const MAX_NAMED = 1000;

/** The hekafsd of a copy that shows nothing is asked for so long. */
const CLOSED_MS = 5000;
const STEP_MS = 100;

/** What a copy holds is what the other one held when it was copied. */
const WAS_FENCED: Loss = { kind: 'rolled-back', message: 'another node has had its id meanwhile' };

const HAND: Readonly<Record<HandChange['how'], Omit<PathDifference, 'path'>>> = {
  changed: { kind: 'differs', text: 'changed by hand; the copy is shown to nobody meanwhile' },
  added: { kind: 'extra', text: 'added by hand; the copy is shown to nobody meanwhile' },
  removed: { kind: 'missing', text: 'removed by hand; the copy is shown to nobody meanwhile' },
};

/** The list check and the content check, on demand; and what they may lead to. One at a time. */
export class Verifier {
  private progress: VerifyProgress = { running: false, checked: 0, total: 0 };

  constructor(private readonly node: Node) {}

  get underWay(): VerifyProgress {
    return this.progress;
  }

  async verify(request: VerifyRequest, timeoutMs: number): Promise<VerifyReport> {
    if (this.progress.running) throw alreadyUnderWay();
    this.progress = { running: true, checked: 0, total: 0 };
    try {
      const own = request.repair ? await this.repairOwn(timeoutMs) : '';
      const config = this.node.running();
      await config.database.catchUp(timeoutMs);
      const adopted = request.adopt ? await this.adopt(config, timeoutMs) : [];
      const first = await this.check(config);
      if (!request.repair || first.agree) return { ...first, adopted, own };
      const repaired = await this.repair(config, first, timeoutMs);
      return { ...(await this.check(config)), adopted, repaired, own };
    } finally {
      this.progress = { ...this.progress, running: false };
    }
  }

  /** A log that waits for a person to decide, or a brick that does not start: this server rejoins with a new one. */
  private async repairOwn(timeoutMs: number): Promise<string> {
    const { rejoin, brick, state, setup, fence } = this.node;
    const { complaint } = brick;
    const refused: Loss | undefined = complaint?.startsWith('HFS-5004')
      ? { kind: 'wrong', message: complaint.split('\n')[0] ?? '' }
      : undefined;
    if (state.data.fenced) await fence.checkAlone();
    const loss = state.data.fenced ? WAS_FENCED : (rejoin.undecided ?? refused);
    if (loss === undefined) return '';
    await rejoin.onDemand(loss);
    const { clock } = setup.platform;
    const deadline = clock.monotonicMs() + timeoutMs;
    const isVoter = (): boolean =>
      this.node.members.servers.some(
        (each) => each.node === state.data.node && each.role === 'voter',
      );
    while (!isVoter() && clock.monotonicMs() < deadline) await sleep(clock, STEP_MS);
    return `this server has rejoined with a new log: ${loss.message}`;
  }

  /** What a member asks of this node's own copy. */
  answer(body: Buffer): Promise<Buffer> {
    return this.ownCopy(this.node.running()).answer(body);
  }

  private ownCopy({ applier }: ConfigNode): OwnCopy {
    return new OwnCopy(applier, this.node.setup.platform.clock);
  }

  private async check(config: ConfigNode): Promise<VerifyReport> {
    const { database } = config;
    const { revision } = database.store;
    const list = database.members.servers;
    // Directories are counted as well, and are fewer than the values in them.
    this.progress = { running: true, checked: 0, total: database.store.valueCount * list.length };
    const [servers, copies] = await Promise.all([
      this.node.check.run(),
      Promise.all(list.map((server) => this.copyReport(config, server))),
    ]);
    const agree = servers.agree && copies.every(({ state }) => state === 'same');
    return { revision, servers, copies, repaired: [], adopted: [], own: '', agree };
  }

  private async copyReport(config: ConfigNode, server: Server): Promise<CopyReport> {
    const { database } = config;
    const { cluster, secret } = this.node.state.data;
    const { platform } = this.node.setup;
    const { node, name } = server;
    try {
      const { same, differences } = await withCopyOf(
        platform,
        readerCredentials(secret ?? ''),
        server,
        (volume) =>
          checkContent({
            clock: platform.clock,
            store: database.store,
            cluster: cluster ?? '',
            volume,
            checked: () => this.count(),
          }),
      );
      // Its own hekafsd looks as well then, and shows the copy to nobody while a hand's change is in it.
      if (differences.length > 0)
        await this.changesOf(config, node, CLOSED_MS).catch(() => undefined);
      const counts = { same, ...countsOf(differences) };
      const state = differences.length === 0 ? 'same' : 'differs';
      return { node, name, state, why: '', ...counts, paths: differences.slice(0, MAX_NAMED) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return this.closedCopy(server, why);
    }
  }

  /** A copy that a hand has changed is shown to nobody; its own hekafsd says what is wrong with it. */
  private async closedCopy({ node, name }: Server, why: string): Promise<CopyReport> {
    const { config } = this.node;
    const unreadable: CopyReport = {
      ...{ node, name, state: 'unreadable', why, same: 0, ...countsOf([]), paths: [] },
    };
    if (config === undefined) return unreadable;
    try {
      const changes = await this.changesOf(config, node, CLOSED_MS);
      if (changes.length === 0) return unreadable;
      const found = changes.map(({ key, how }): PathDifference => ({ path: key, ...HAND[how] }));
      const counts = { same: 0, ...countsOf(found) };
      return { ...unreadable, state: 'differs', ...counts, paths: found.slice(0, MAX_NAMED) };
    } catch {
      return unreadable;
    }
  }

  private count(): void {
    const { checked, total } = this.progress;
    this.progress = { running: true, checked: checked + 1, total: Math.max(total, checked + 1) };
  }

  /** Each hekafsd applies the committed state to its own copy; those that could not be read are asked too. */
  private repair(
    config: ConfigNode,
    { copies }: VerifyReport,
    timeoutMs: number,
  ): Promise<Repair[]> {
    const wrong = copies.filter(({ state }) => state !== 'same');
    return Promise.all(
      wrong.map(async ({ node, name }): Promise<Repair> => {
        try {
          const answer = await this.askCopy(config, node, { ask: 'reapply' }, timeoutMs);
          const { corrected = 0 } = decodeMessage<{ corrected: number }>(answer).json;
          return { node, name, corrected, problem: null };
        } catch (error) {
          return { node, name, corrected: 0, problem: problemOf(error) };
        }
      }),
    );
  }

  /** Commits what hands have changed, each on the condition that the key is still what it was made on. */
  private async adopt(config: ConfigNode, timeoutMs: number): Promise<Adoption[]> {
    const list = config.database.members.servers;
    const asked = list.map(async ({ node, name }): Promise<CopyChanges[]> => {
      try {
        return [{ node, name, changes: await this.changesOf(config, node, timeoutMs) }];
      } catch {
        // A copy that cannot be asked is in the report as one that cannot be read.
        return [];
      }
    });
    const plan = planAdoption((await Promise.all(asked)).flat());
    const adopted: Adoption[] = [];
    for (const each of plan) adopted.push(await this.adoptOne(config, each, timeoutMs));
    await this.reapplyAdopted(config, plan, adopted, timeoutMs);
    return adopted;
  }

  private async changesOf(
    config: ConfigNode,
    node: string,
    timeoutMs: number,
  ): Promise<readonly HandChange[]> {
    const answer = await this.askCopy(config, node, { ask: 'changes' }, timeoutMs);
    return decodeMessage<{ changes: HandChange[] }>(answer).json.changes ?? [];
  }

  private async adoptOne(
    config: ConfigNode,
    planned: PlannedAdoption,
    timeoutMs: number,
  ): Promise<Adoption> {
    const { path, change, from, problem } = planned;
    const adoption = { path, change, from: from.map(({ name }) => name) };
    if (problem !== null) return { ...adoption, revision: null, problem };
    try {
      const value = await this.valueOf(config, planned, timeoutMs);
      const command = commandOf(planned, value);
      const { revision } = await config.database.propose(command, '', timeoutMs);
      this.node.setup.log.info("corrected: a hand's change is committed", {
        key: path,
        cause: `${change} by hand on ${adoption.from.join(', ')}`,
        effect: `it is revision ${revision}`,
        revision,
      });
      return { ...adoption, revision, problem: null };
    } catch (error) {
      return { ...adoption, revision: null, problem: problemOf(error) };
    }
  }

  private async valueOf(
    config: ConfigNode,
    { path, change, from }: PlannedAdoption,
    timeoutMs: number,
  ): Promise<Buffer> {
    const node = from[0]?.node;
    if (change === 'delete' || node === undefined) return Buffer.alloc(0);
    const answer = await this.askCopy(config, node, { ask: 'read', key: path }, timeoutMs);
    return decodeMessage(answer).blobs[0] ?? Buffer.alloc(0);
  }

  /** What a hand has made has not the gfid that all servers give it. */
  private async reapplyAdopted(
    config: ConfigNode,
    plan: readonly PlannedAdoption[],
    adopted: readonly Adoption[],
    timeoutMs: number,
  ): Promise<void> {
    const done = new Set(adopted.filter(({ problem }) => problem === null).map(({ path }) => path));
    const keys = new Map<string, string[]>();
    for (const { path, from } of plan)
      for (const { node } of done.has(path) ? from : [])
        keys.set(node, [...(keys.get(node) ?? []), path]);
    await Promise.all(
      [...keys].map(([node, each]) =>
        this.askCopy(config, node, { ask: 'reapply', keys: each }, timeoutMs).catch(
          () => undefined,
        ),
      ),
    );
  }

  private askCopy(
    config: ConfigNode,
    node: string,
    words: CopyWords,
    timeoutMs: number,
  ): Promise<Buffer> {
    const body = encodeMessage(words);
    if (node === this.node.state.data.node) return this.ownCopy(config).answer(body);
    const server = config.database.members.servers.find((each) => each.node === node);
    return this.node.setup.peers.call(server?.address ?? '', 'copy', body, timeoutMs);
  }
}

function countsOf(
  differences: readonly PathDifference[],
): Pick<CopyReport, 'differs' | 'missing' | 'extra'> {
  const count = (kind: PathDifference['kind']): number =>
    differences.filter((each) => each.kind === kind).length;
  return { differs: count('differs'), missing: count('missing'), extra: count('extra') };
}

function problemOf(error: unknown): Problem {
  if (error instanceof ConfigError) return error.toJSON();
  if (error instanceof PeerError)
    return (
      error.problem ?? {
        code: 'HFS-2003',
        what: 'its hekafsd does not answer',
        why: error.message,
        next: 'start it, then verify again',
      }
    );
  throw error;
}

function alreadyUnderWay(): ConfigError {
  return new ConfigError(
    'HFS-3202',
    'a verification is under way on this node',
    'one at a time',
    'wait for it; GET /v1/verify shows how far it is',
  );
}
