import { keepConflict } from './conflicts.js';
import { stateProblem, valuesProblem } from './local-troubles.js';
import type { Node } from './node.js';

/** A brick that was killed is seen to be gone within this time. */
const BRICK_SILENCE_MS = 1000;

/** What a running node says of itself in its log, each with the next step. */
export class NodeComplaints {
  private readonly doubles = new Set<string>();

  constructor(private readonly node: Node) {}

  ownLogLost(why: string, next: string): void {
    this.node.setup.log.error('the log of this server has lost its vote', {
      code: 'HFS-5006',
      why,
      next,
    });
  }

  /** A node says that it is a server, while another one answers as that server where the list has it. */
  doubled(name: string, address: string): void {
    if (this.doubles.has(address)) return;
    this.doubles.add(address);
    this.node.setup.log.warn('two nodes with one id', {
      code: 'HFS-3201',
      why: `${address} says that it is ${name}, and ${name} answers where the list has it`,
      next: 'a state directory was copied: stop the copy, move its state directory away, and let it join as a new node',
    });
  }

  valuesFailed(failure: unknown): void {
    const { log, platform } = this.node.setup;
    if (failure === undefined) {
      log.info('values are applied again');
      return;
    }
    const path = this.node.state.data.brick?.path ?? '';
    const { what, ...fields } = valuesProblem(platform.disk, path, failure);
    log.warn(what, fields);
  }

  stateFailed(failure: unknown): void {
    const { log, platform, options } = this.node.setup;
    if (failure === undefined) {
      log.info('the state is written again');
      return;
    }
    const { what, ...fields } = stateProblem(platform.disk, options.stateDir, failure);
    log.error(what, fields);
  }

  /** A brick that has ended is started again, and that is said there; this is one that runs and stands still. */
  brickSilent(): void {
    const { brick, setup } = this.node;
    const { pid } = brick;
    setup.platform.clock.after(BRICK_SILENCE_MS, () => {
      const { config } = this.node;
      if (pid === null || brick.pid !== pid || config?.isBrickUp !== false) return;
      setup.log.warn('the brick of this server runs and does not answer', {
        code: 'HFS-2007',
        brick: pid,
        why: config.brickWhy,
        next: 'is its process stopped, or does its disk hang? It is used again by itself when it answers',
      });
    });
  }

  /** Keeps a copy that is about to be overwritten, and says where. */
  async keep(key: string, value: Buffer, why: string): Promise<void> {
    const { platform, options, log } = this.node.setup;
    const { disk, clock } = platform;
    const path = await keepConflict(disk, clock, options.stateDir, key, value, why);
    const next = `compare it with hfs_config get ${key}`;
    log.warn('a copy that differs was kept', { key, why, path, next });
  }
}
