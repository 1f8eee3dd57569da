import { ConfigError, isCode } from '../../src/config/error.js';
import { PeerError } from '../../src/config/peers.js';
import { sleep } from '../../src/platform/platform.js';
import { type Asked, askNode } from './ask-node.js';
import type { SimHekafsd } from './config-daemon.js';
import type { Fabric } from './fabric.js';
import type { SimProcess } from './process.js';

const ASK_TIMEOUT_MS = 5000;
const PAUSE_MS = 200;

/** What an administrator wants done, at which times, one after the other. */
export type Order = {
  readonly atMs: number;
  readonly op: 'join' | 'retire';
  readonly name: string;
};

/** Who changes the list of servers: asks again until each order is carried out. */
export class ConfigOperator {
  isDone = false;

  constructor(
    private readonly process: SimProcess,
    private readonly fabric: Fabric,
    private readonly nodes: ReadonlyMap<string, Asked<SimHekafsd>>,
    private readonly orders: readonly Order[],
  ) {}

  async work(): Promise<void> {
    for (const order of this.orders) {
      const { clock, kernel } = this.process;
      await sleep(clock, order.atMs - kernel.nowMs);
      while (!(await this.tried(order))) await sleep(clock, PAUSE_MS);
      kernel.note(`operator: ${order.op} ${order.name} is done`);
    }
    this.isDone = true;
  }

  private async tried({ op, name }: Order): Promise<boolean> {
    try {
      return op === 'join' ? await this.join(name) : await this.retire(name);
    } catch (error) {
      if (!(error instanceof PeerError || error instanceof ConfigError)) throw error;
      this.process.kernel.note(`operator: ${op} ${name}: ${error.message}`);
      return false;
    }
  }

  /** True once some node has it on its list as a voter. */
  private async join(name: string): Promise<boolean> {
    const helper = this.other(name);
    const role = await this.ask(
      helper,
      'list',
      async ({ config }) =>
        config?.database.members.servers.find((server) => server.name === name)?.role,
    );
    if (role !== undefined) return role === 'voter';
    const token = this.process.random.uuid();
    await this.ask(helper, 'token', (node) => node.createToken(token, ASK_TIMEOUT_MS));
    await this.ask(name, 'serve', (node) => node.serve(this.at(helper).address, token));
    return false;
  }

  private async retire(name: string): Promise<boolean> {
    try {
      const any = this.process.random.pick([...this.nodes.keys()]);
      await this.ask(any, 'retire', (node) => node.retire(name, ASK_TIMEOUT_MS));
      return true;
    } catch (error) {
      if (isCode(error, 'HFS-3004')) return true;
      throw error;
    }
  }

  private other(name: string): string {
    return this.process.random.pick([...this.nodes.keys()].filter((each) => each !== name));
  }

  private at(name: string): Asked<SimHekafsd> {
    const asked = this.nodes.get(name);
    if (asked === undefined) throw new TypeError(`no node ${name}`);
    return asked;
  }

  private ask<T>(name: string, what: string, run: (node: SimHekafsd) => Promise<T>): Promise<T> {
    return askNode(this.fabric, this.process, this.at(name), what, run, ASK_TIMEOUT_MS);
  }
}
