import { ConfigError, isCode } from '../config/error.js';
import type { Loss, LossKind } from '../config/log/lost-vote.js';
import { majority, voters } from '../config/members.js';
import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import { sleep } from '../platform/platform.js';
import { askForList } from './introduction.js';
import type { Node } from './node.js';
import type { BrickState, RejoinState } from './node-state.js';

const LIST_MS = 8000;
const AGAIN_MS = 1000;
/** A log that is lost so soon again is lost for a reason that a new one does not mend. */
const TOO_SOON_MS = 10 * 60_000;
const MAX_PLACES = 1000;

/**
 * What this node may do about a loss by itself. Not where the bytes may be somebody else's, nor where the disk is known to lie: then
 * a person says `verify --repair`.
 */
const BY_ITSELF: Readonly<Record<LossKind, boolean>> = {
  rotten: true,
  'rolled-back': true,
  missing: true,
  wrong: false,
  unsynced: false,
};

/**
 * A server whose log is lost leaves it and comes back with a new one, as a new voter. Everything that cannot be taken back waits for a
 * commit of the others: they replace the old voter by the new one, a learner, in their list; without a majority of them nothing
 * happens. Then the brick goes aside, whole, and a new one is made. What is under way stands in the state: whoever starts after
 * a crash goes on there.
 */
export class Rejoin {
  private isRunning = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  /** A loss that waits for a person. */
  private waiting: Loss | undefined;

  constructor(private readonly node: Node) {}

  get underWay(): RejoinState | undefined {
    return this.node.state.data.rejoin ?? undefined;
  }

  /** What only a person can decide; undefined where nothing is. */
  get undecided(): Loss | undefined {
    return this.waiting;
  }

  /** The log of this node cannot vote any more. */
  lost(loss: Loss): void {
    if (this.isRunning || this.underWay !== undefined) return;
    const refusal = this.whyNot(loss);
    if (refusal === undefined) {
      this.begin(loss).catch((error: unknown) => this.failed(error));
      return;
    }
    this.waiting = loss;
    this.node.complaints.ownLogLost(loss.message, refusal);
  }

  /** Goes on where a crash has interrupted it. */
  goOn(): void {
    const state = this.underWay;
    if (state !== undefined && !this.isRunning)
      this.run(state).catch((error: unknown) => this.failed(error));
  }

  /** A person wants it. Throws HFS-3206 where it cannot be; settles when this node serves again. */
  async onDemand(loss: Loss): Promise<void> {
    if (this.othersAreFew()) throw cannotBe(loss.message);
    if (!this.isRunning) await this.begin(loss);
  }

  private whyNot({ kind }: Loss): string | undefined {
    const { platform } = this.node.setup;
    if (!BY_ITSELF[kind])
      return 'look at its disk; hfs_config verify --repair on this server has it rejoin with a new log';
    if (this.othersAreFew())
      return 'the others have no majority without it, so it cannot rejoin: look at its disk, or start from a backup';
    if (platform.clock.monotonicMs() - this.lastMs < TOO_SOON_MS)
      return 'it has rejoined a moment ago: look at its disk, then hfs_config verify --repair on this server';
    return undefined;
  }

  /** The others could never commit a list without this node. */
  private othersAreFew(): boolean {
    const list = voters(this.node.members);
    const others = list.filter(({ node }) => node !== this.node.state.data.node);
    return others.length < majority(list.length);
  }

  /** From here on the old log is out of use, whatever happens. */
  private async begin({ kind, message }: Loss): Promise<void> {
    const { node } = this;
    const { brick } = node.state.data;
    if (brick === null) return;
    this.isRunning = true;
    try {
      const isOurs = kind !== 'wrong';
      const state: RejoinState = {
        why: message,
        path: isOurs ? brick.path : this.freePlace(brick.path),
        port: brick.port,
        voter: node.setup.platform.random.uuid(),
        old: isOurs ? brick.path : null,
        ...(brick.engine !== undefined && { engine: brick.engine }),
      };
      node.setup.log.warn('corrected: this server leaves its log and rejoins with a new one', {
        code: 'HFS-3206',
        cause: message,
        effect: `the log is out of use; voter ${state.voter} takes the place of ${brick.voter}`,
        next: 'nothing: it happens as soon as a majority of the others commits it',
      });
      await node.state.update((data) => ({ ...data, brick: null, rejoin: state, fenced: null }));
      await node.serving.endServer();
      node.beginClient();
      await this.finish(state);
    } finally {
      this.isRunning = false;
    }
  }

  private async run(state: RejoinState): Promise<void> {
    this.isRunning = true;
    try {
      await this.finish(state);
    } finally {
      this.isRunning = false;
    }
  }

  private async finish(state: RejoinState): Promise<void> {
    const brick: BrickState = { ...state, number: null, isFounded: false };
    if (!(await this.replaceOnList(brick))) return;
    const aside = await this.newBrick(state, brick);
    const { node } = this;
    node.endClient();
    await node.takeUp();
    node.check.soon(0);
    this.waiting = undefined;
    this.lastMs = node.setup.platform.clock.monotonicMs();
    node.setup.log.info('corrected: this server has rejoined with a new log', {
      cause: state.why,
      effect: `it catches up from the others as voter ${state.voter}`,
      aside: aside ?? 'nothing was there, or it is not ours',
    });
  }

  /** Asks until the others have committed it. False where it is not to be: this node stops, or was retired. */
  private async replaceOnList(brick: BrickState): Promise<boolean> {
    const { node } = this;
    const server = node.ownServer(brick);
    while (node.phase !== 'stopping') {
      for (const address of node.client?.addresses() ?? []) {
        try {
          await askForList(node.setup.peers, address, server, LIST_MS);
          return true;
        } catch (error) {
          if (isCode(error, 'HFS-3008')) {
            await this.retired();
            return false;
          }
          node.setup.log.debug('not on the list yet', { address, error: String(error) });
        }
      }
      await sleep(node.setup.platform.clock, AGAIN_MS);
    }
    return false;
  }

  private async newBrick(state: RejoinState, brick: BrickState): Promise<string | undefined> {
    const { change } = this.node.serving;
    const { cluster } = this.node.state.data;
    const aside = state.old === null ? undefined : await change.setAside(state.old, 'damaged');
    await change.make(state.path, cluster ?? '');
    const { path, port, voter, number, isFounded, engine } = brick;
    const own = { path, port, voter, number, isFounded, ...(engine !== undefined && { engine }) };
    await change.take({ ...this.node.state.data, brick: own, rejoin: null });
    return aside;
  }

  /** It was taken off the list meanwhile: what is left of it stays as it is. */
  private async retired(): Promise<void> {
    this.node.endClient();
    await this.node.state.update((data) => ({ ...data, isRetired: true, rejoin: null }));
    this.node.setup.log.warn('this server was retired while it was to rejoin', {
      code: 'HFS-3008',
      next: 'hfs_config serve --join HOST:PORT --token T makes it a new server',
    });
  }

  /** A place beside one that is not ours to touch. */
  private freePlace(path: string): string {
    const { disk } = this.node.setup.platform;
    for (let number = 2; number < MAX_PLACES; number++) {
      const place = `${path}-${number}`;
      try {
        disk.lstat(byteString(place));
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return place;
        throw error;
      }
    }
    throw cannotBe(`there are ${MAX_PLACES} bricks beside ${path}`);
  }

  private failed(error: unknown): void {
    const fields = error instanceof ConfigError ? error.toJSON() : { error: String(error) };
    this.node.setup.log.error('this server could not rejoin; it tries again when hekafsd starts', {
      ...fields,
    });
  }
}

function cannotBe(why: string): ConfigError {
  return new ConfigError(
    'HFS-3206',
    'this server cannot rejoin with a new log',
    `${why}; and the others have no majority without it`,
    'bring the other servers back first, or start a new cluster from a backup',
  );
}
