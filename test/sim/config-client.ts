import type { Command } from '../../src/config/command.js';
import type { ConfigDatabase } from '../../src/config/database.js';
import { ConfigError, isCode } from '../../src/config/error.js';
import { PeerError } from '../../src/config/peers.js';
import { sleep } from '../../src/platform/platform.js';
import { type Asked, askNode } from './ask-node.js';
import type { Fabric } from './fabric.js';
import type { History, Outcome } from './history.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';

export const KEYS = ['site/name', 'site/owner', 'limits'];
const ASK_TIMEOUT_MS = 3000;

/** What clients use of a node. */
export type ConfigService = Pick<ConfigDatabase, 'propose' | 'catchUp' | 'store'>;

interface Seen {
  readonly value: string;
  readonly revision: number;
}

/**
 * A user with a script: sets, deletes and reads a few keys through any node, and repeats what got no answer
 * under the same request id, as hfs_config does.
 */
export class ConfigClient {
  answered = 0;
  isDone = false;
  /** Request ids of which a node said that nothing was and will be written. */
  readonly refused = new Set<string>();
  /** Request ids that were acknowledged, with their revision. */
  readonly acknowledged = new Map<string, number>();
  private readonly seen = new Map<string, Seen>();

  constructor(
    private readonly process: SimProcess,
    private readonly fabric: Fabric,
    private readonly history: History,
    private readonly nodes: readonly Asked<ConfigService>[],
    /** How many bytes the next value has beyond what tells it from others. */
    private readonly filling: (random: SimRandom) => number = () => 0,
  ) {}

  async work(): Promise<void> {
    for (;;) {
      await sleep(this.process.clock, this.process.random.exponential(60));
      if (this.isDone) continue;
      const key = this.process.random.pick(KEYS);
      if (this.process.random.chance(0.4)) await this.get(key);
      else await this.change(key);
    }
  }

  private async get(key: string): Promise<void> {
    const told = this.history.invoke(this.process.label, key, { kind: 'get' });
    try {
      const found = await this.ask('get', async (database) => {
        await database.catchUp(ASK_TIMEOUT_MS);
        const stored = database.store.value(key);
        return stored && { value: stored.value.toString(), revision: stored.revision };
      });
      if (found) this.seen.set(key, found);
      else this.seen.delete(key);
      told({ value: found?.value ?? null });
      this.answered++;
    } catch (error) {
      if (!(error instanceof PeerError || error instanceof ConfigError)) throw error;
      told('unknown');
    }
  }

  private async change(key: string): Promise<void> {
    const { random } = this.process;
    const value = `${this.process.machine.name}-${random.next()}${'.'.repeat(this.filling(random))}`;
    const seen = this.seen.get(key);
    const kind = random.pick(['put', 'putIf', 'delete'] as const);
    if (kind === 'delete') {
      const told = this.history.invoke(this.process.label, key, { kind });
      told(await this.submit({ op: 'remove', key, recursive: false, condition: null }));
    } else if (kind === 'put') {
      const told = this.history.invoke(this.process.label, key, { kind, value });
      told(await this.submit({ op: 'put', key, value: Buffer.from(value), condition: null }));
    } else {
      const condition = seen ? { ifRevision: seen.revision } : ({ ifAbsent: true } as const);
      const asked = { kind, value, expected: seen?.value ?? null };
      const told = this.history.invoke(this.process.label, key, asked);
      told(await this.submit({ op: 'put', key, value: Buffer.from(value), condition }));
    }
  }

  /** Sends a change, and sends it again where the outcome is unknown, to any node. */
  private async submit(command: Command): Promise<Outcome> {
    const requestId = this.process.random.uuid();
    const attempts = this.process.random.int(3) + 1;
    let isUnknown = false;
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        const { revision } = await this.ask('change', (database) =>
          database.propose(command, requestId, ASK_TIMEOUT_MS - 500),
        );
        this.acknowledged.set(requestId, revision);
        this.answered++;
        return { done: true };
      } catch (error) {
        if (isCode(error, 'HFS-1004', 'HFS-1005')) return isUnknown ? 'unknown' : this.no();
        if (!isCode(error, 'HFS-2001')) isUnknown = true;
      }
    }
    if (!isUnknown) this.refused.add(requestId);
    return 'unknown';
  }

  private no(): Outcome {
    this.answered++;
    return { done: false };
  }

  private ask<T>(what: string, run: (node: ConfigService) => Promise<T>): Promise<T> {
    const node = this.process.random.pick(this.nodes);
    return askNode(this.fabric, this.process, node, what, run, ASK_TIMEOUT_MS);
  }
}
