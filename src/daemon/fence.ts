import { ConfigError, type Problem } from '../config/error.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import { PeerError } from '../config/peers.js';
import type { Timer } from '../platform/platform.js';
import { fenceVerdict, type Reached } from './fence-verdict.js';
import type { Node } from './node.js';
import type { Sighting } from './server-evidence.js';
import { Sightings } from './sightings.js';

const ASK_MS = 1000;
const AGAIN_MS = 3000;

/** What a process says of itself to the other members. */
interface HailWords {
  readonly node: string;
  readonly instance: string;
  readonly address: string;
}

/**
 * One process per node id. Before a server touches any log, and then every few seconds, it asks who answers at the address that the list has
 * for it, and tells the other members where it is: they tell of others with its id. Where the list means another one, this
 * one stops for good; only a person brings it back.
 */
export class Fence {
  private readonly sightings: Sightings;
  private timer: Timer | undefined;
  private isStopped = false;
  /** Others of this node's id, as far as this process knows. */
  private others: readonly Sighting[] = [];
  /** Where another one of this id is, that the list does not mean. */
  private double: string | null = null;

  constructor(private readonly node: Node) {
    this.sightings = new Sightings(node.setup.platform.clock);
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** For the comparison of the lists: processes that are one too many. */
  doubles(): readonly Sighting[] {
    return [...this.sightings.doubles(), ...this.others];
  }

  /** For the status: this one is right, and there is another one. */
  troubles(): readonly Problem[] {
    if (this.double === null) return [];
    return [
      {
        code: 'HFS-3201',
        what: 'two nodes have the id of this server',
        why: `another one runs at ${this.double}; the list means this one`,
        next: 'stop hekafsd there and move its state directory aside: it is a copy of this one',
      },
    ];
  }

  /** True where this process must not serve. */
  async look(): Promise<boolean> {
    return Boolean(this.node.state.data.fenced) || this.judge();
  }

  /** Another member says who and where it is; answers others of its id. */
  hailed(body: Buffer): Buffer {
    const { node, instance, address } = decodeMessage<HailWords>(body).json;
    if (typeof node !== 'string' || typeof instance !== 'string' || typeof address !== 'string')
      return encodeMessage({ others: [] });
    this.sightings.note(node, instance, address);
    return encodeMessage({ others: this.sightings.doubles(node) });
  }

  /** A person wants this node to serve again. Throws HFS-3201 while the other one is there. */
  async checkAlone(): Promise<void> {
    if ((await this.judge()) || this.double !== null) throw isFencedOff(this.otherAddress);
  }

  /** Begins to look every few seconds. */
  start(): void {
    this.again();
  }

  private again(): void {
    this.timer?.cancel();
    if (this.isStopped) return;
    this.timer = this.node.setup.platform.clock.after(AGAIN_MS, () => {
      this.turn().catch((error: unknown) =>
        this.node.setup.log.warn('it was not looked for another node of this id', {
          error: String(error),
        }),
      );
    });
  }

  private async turn(): Promise<void> {
    const { node } = this;
    const { brick, fenced } = node.state.data;
    if (brick === null) return this.again();
    const isFenced = await this.judge();
    if (isFenced && !fenced && node.phase === 'running') await node.fenceOff();
    this.again();
  }

  /** Asks all, notes what they say, and judges. */
  private async judge(): Promise<boolean> {
    const { state, instance, address, members } = this.node;
    const self = members.servers.find(({ node }) => node === state.data.node);
    if (self === undefined) return false;
    const [reached, others] = await Promise.all([this.reachedAt(self.address), this.hail()]);
    this.others = others.filter((each) => each.instance !== instance);
    const input = { instance, address, listed: self.address, reached, others: this.others };
    const { isFenced, other } = fenceVerdict(input);
    if (other !== null && other !== this.double) this.tell(isFenced, other);
    this.double = other;
    return isFenced;
  }

  /** Where the other one was seen last; for the one that stops. */
  get otherAddress(): string {
    return this.double ?? 'another address';
  }

  private tell(isFenced: boolean, other: string): void {
    this.node.setup.log.error('two nodes have the id of this server', {
      code: 'HFS-3201',
      why: `another one runs at ${other}`,
      effect: isFenced ? 'the list means that one: this one stops' : 'this one goes on',
      next: isFenced ? STOP_THIS : 'stop hekafsd there and move its state directory aside',
    });
  }

  private async reachedAt(address: string): Promise<Reached> {
    const { setup, instance, state } = this.node;
    try {
      const status = await setup.peers.status(address, ASK_MS);
      if (status.node !== state.data.node || status.instance === undefined)
        return { kind: 'unknown' };
      if (status.instance === instance) return { kind: 'self' };
      // A copy that has stopped is no reason to stop as well.
      if (status.state === 'fenced') return { kind: 'unknown' };
      return { kind: 'double', address, instance: status.instance };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      return { kind: 'unknown' };
    }
  }

  private async hail(): Promise<readonly Sighting[]> {
    const { setup, instance, address, state, members } = this.node;
    const { node } = state.data;
    const body = encodeMessage({ node, instance, address } satisfies HailWords);
    const asked = members.servers
      .filter((server) => server.node !== node)
      .map(async (server): Promise<readonly Sighting[]> => {
        try {
          const answer = await setup.peers.call(server.address, 'hail', body, ASK_MS);
          return decodeMessage<{ others: Sighting[] }>(answer).json.others ?? [];
        } catch {
          return [];
        }
      });
    return (await Promise.all(asked)).flat();
  }
}

const STOP_THIS =
  'if this is the copy: stop hekafsd, move its state directory aside, and join as a new node; hfs_config explain HFS-3201';

/** What every request to a server that was fenced is told. */
export function isFencedOff(other: string): ConfigError {
  return new ConfigError(
    'HFS-3201',
    'this server has stopped: two nodes have its id',
    `the list of servers means the one at ${other}`,
    STOP_THIS,
  );
}
