import type { Members } from '../config/members.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import type { Peers } from '../config/peers.js';
import type { InquireAnswer, ServerSight } from '../config/words.js';
import type { Clock, Timer } from '../platform/platform.js';
import type { Log } from './log.js';
import { Relay } from './relay.js';

export interface ClientSetup {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly log: Log;
  readonly self: string;
  readonly cluster: string;
  /** The list that this node remembers. */
  readonly members: Members;
  /** Addresses of `--members`. */
  listed(): readonly string[];
  /** A newer list was heard of. */
  learned(members: Members): void;
}

const ASK_MS = 2000;
const PAUSE_MS = 3000;
/** While nobody answers. */
const SEARCH_MS = 1000;
/** Servers that were not heard for so long count as silent. */
const SILENT_MS = 6000;

/**
 * What a node of a cluster runs that does not serve: it knows the servers, by asking them now and then, and so hears of a
 * newer list. It looks at the addresses of its list, and at those of its member source where these are silent: so it finds a
 * server again although all of them have changed while it was away.
 */
export class ClientNode {
  members: Members;
  readonly relay: Relay;
  /** Undefined until everybody has been asked once. */
  private heard: ReadonlyMap<string, Partial<InquireAnswer>> | undefined;
  private heardMs = Number.NEGATIVE_INFINITY;
  private timer: Timer | undefined;
  private isStopped = false;
  private isLost = false;
  /** Where a server answered last, newest first. */
  private good: readonly string[] = [];

  constructor(private readonly setup: ClientSetup) {
    this.members = setup.members;
    this.relay = new Relay({
      ...{ clock: setup.clock, peers: setup.peers },
      addresses: () => this.addresses(),
      note: (address, isGood) => this.note(address, isGood),
    });
  }

  start(): void {
    this.look();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** Where to ask, the likeliest to answer first. */
  addresses(): readonly string[] {
    // A server that has lost its log is on the list itself.
    const others = this.members.servers.filter(({ node }) => node !== this.setup.self);
    const listed = others.map(({ address }) => address);
    return [...new Set([...this.good, ...listed, ...this.setup.listed()])];
  }

  /** An address has answered, or has not: the next one to ask comes first. */
  note(address: string, isGood: boolean): void {
    const others = this.good.filter((each) => each !== address);
    this.good = isGood ? [address, ...others].slice(0, this.addresses().length) : others;
  }

  /** Whether a server was heard lately; undefined while none has been asked yet. */
  get isHeard(): boolean | undefined {
    if (this.heard === undefined) return undefined;
    return this.setup.clock.monotonicMs() - this.heardMs < SILENT_MS;
  }

  get leader(): string | null {
    const leaders = [...(this.heard?.values() ?? [])].map(({ leader }) => leader?.node);
    return leaders.find((node) => node !== undefined) ?? null;
  }

  get revision(): number {
    return Math.max(0, ...[...(this.heard?.values() ?? [])].map(({ applied }) => applied ?? 0));
  }

  get sights(): readonly ServerSight[] {
    const { heard } = this;
    if (heard === undefined) return [];
    return this.members.servers.map(({ node }) => ({
      node,
      isUp: heard.has(node),
      applied: heard.get(node)?.applied ?? null,
      why: heard.has(node) ? null : 'it does not answer',
      lost: null,
      trouble: null,
    }));
  }

  private look(): void {
    if (this.isStopped) return;
    this.ask()
      .catch((error: unknown) =>
        this.setup.log.warn('the servers could not be asked', { error: String(error) }),
      )
      .finally(() => {
        const ms = this.heard?.size === 0 ? SEARCH_MS : PAUSE_MS;
        if (!this.isStopped) this.timer = this.setup.clock.after(ms, () => this.look());
      });
  }

  private async ask(): Promise<void> {
    const known = this.members.servers.map(({ address }) => address);
    let answers = await this.inquire(known);
    if (answers.size === 0) answers = await this.inquire(this.addresses());
    if (this.isStopped) return;
    this.heard = answers;
    if (answers.size > 0) this.heardMs = this.setup.clock.monotonicMs();
    this.tell(answers.size > 0);
    const lists = [...answers.values()].map(({ members }) => members);
    const [newest] = lists.filter((list) => list !== undefined).sort((a, b) => b.epoch - a.epoch);
    if (newest === undefined || newest.epoch <= this.members.epoch) return;
    this.members = newest;
    this.setup.learned(newest);
  }

  /** The answers of servers of this cluster, by node id. */
  private async inquire(
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, Partial<InquireAnswer>>> {
    const { peers, self, cluster } = this.setup;
    const body = encodeMessage({ node: self, list: this.members.epoch });
    const found = new Map<string, Partial<InquireAnswer>>();
    const asked = addresses.map(async (address) => {
      try {
        const { json } = decodeMessage<InquireAnswer>(
          await peers.call(address, 'inquire', body, ASK_MS),
        );
        if (json.cluster !== cluster || typeof json.node !== 'string') return;
        found.set(json.node, json);
        this.note(address, true);
      } catch {
        this.note(address, false);
      }
    });
    await Promise.all(asked);
    return found;
  }

  private tell(isFound: boolean): void {
    if (this.isLost === !isFound) return;
    this.isLost = !isFound;
    const asked = this.addresses();
    if (isFound) this.setup.log.info('a server answers again', { at: this.good });
    else
      this.setup.log.warn('no server of the cluster answers', {
        code: 'HFS-3011',
        asked,
        next: 'it goes on looking; if the servers have moved, give their addresses with --members',
      });
  }
}
