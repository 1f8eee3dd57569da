import { keepConflict } from './conflicts.js';
import { stateProblem, valuesProblem } from './local-troubles.js';
import type { Node } from './node.js';

/** What a running node says of itself in its log, each with the next step. */
export class NodeComplaints {
  constructor(private readonly node: Node) {}

  ownLogLost(why: string): void {
    this.node.setup.log.error('the log of this server has lost its vote', {
      code: 'HFS-5006',
      why,
      next: 'the other servers go on without it; hfs_config retire this server, then hfs_config serve --join',
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

  /** Keeps a copy that is about to be overwritten, and says where. */
  async keep(key: string, value: Buffer, why: string): Promise<void> {
    const { platform, options, log } = this.node.setup;
    const { disk, clock } = platform;
    const path = await keepConflict(disk, clock, options.stateDir, key, value, why);
    const next = `compare it with hfs_config get ${key}`;
    log.warn('a copy that differs was kept', { key, why, path, next });
  }
}
