import type { Disk } from '../platform/disk.js';
import type { Clock } from '../platform/platform.js';
import {
  checkBrickPlace,
  makeBrickDirectory,
  setBrickAside,
  syncBrickDirectory,
} from './brick-directory.js';
import { directoryOf } from './durable-file.js';
import type { Log } from './log.js';
import type { Aside, BrickState, NodeState } from './node-state.js';
import type { StateFile } from './state.js';

export interface BrickChangeContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly state: StateFile<NodeState>;
}

/**
 * What changes both a node's state and its brick's directory. Two places cannot change at once: so the state goes first
 * and notes what is still to be moved aside, and whoever starts after a crash in between does that before anything else.
 * At any moment the state names a whole brick, or none.
 */
export class BrickChange {
  constructor(private readonly context: BrickChangeContext) {}

  /**
   * Makes the directories of a new brick, durably; until `take` they are to be moved aside. Throws HFS-5004 where a brick is already,
   * which stays as it is, or where none can be made.
   */
  async make(path: string, cluster: string): Promise<void> {
    const { disk, state } = this.context;
    checkBrickPlace(disk, path);
    await state.update((data) => withAside(data, { path, reason: 'failed' }));
    try {
      makeBrickDirectory(disk, path, cluster);
      await syncBrickDirectory(disk, path);
    } catch (error) {
      await this.finish();
      throw error;
    }
  }

  /** The node is what `next` says, and the brick that was made for it is its own. */
  take(next: NodeState & { readonly brick: BrickState }): Promise<void> {
    const isOther = ({ path }: Aside): boolean => path !== next.brick.path;
    return this.context.state.update(({ asides }) => ({ ...next, asides: asides.filter(isOther) }));
  }

  /** The node is what it was before it was to become a server. */
  async undo(before: NodeState): Promise<void> {
    await this.context.state.update((data) => ({
      ...withBrickAside(data, 'failed'),
      ...without(before),
    }));
    await this.finish();
  }

  /** A brick that is not the node's any more goes aside. Answers where it is now; undefined where there is none, or it cannot go. */
  async setAside(path: string, reason: Aside['reason']): Promise<string | undefined> {
    await this.context.state.update((data) => withAside(data, { path, reason }));
    return (await this.finish()).get(path);
  }

  /** The node serves no more. Answers where its brick is now. */
  async retire(): Promise<string | undefined> {
    const { brick } = this.context.state.data;
    await this.context.state.update((data) => ({
      ...withBrickAside(data, 'retired'),
      isRetired: true,
      brick: null,
    }));
    const moved = await this.finish();
    return brick === null ? undefined : moved.get(brick.path);
  }

  /**
   * Moves aside what is noted, also what a crash has left. Answers where each is now. What cannot be moved stays noted,
   * and is said.
   */
  async finish(): Promise<ReadonlyMap<string, string>> {
    const moved = new Map<string, string>();
    for (const each of this.context.state.data.asides) {
      try {
        const to = await this.move(each);
        if (to !== undefined) moved.set(each.path, to);
      } catch (error) {
        this.context.log.error('a brick could not be moved aside', {
          code: 'HFS-5007',
          path: each.path,
          error: String(error),
          next: 'move it away by hand: this node needs it no more',
        });
      }
    }
    return moved;
  }

  private async move(aside: Aside): Promise<string | undefined> {
    const { disk, clock, state, log } = this.context;
    const to = setBrickAside(disk, aside.path, aside.reason, clock.wallMs());
    if (to !== undefined) {
      await disk.fsyncdir(directoryOf(to));
      log.info('a brick was moved aside', { path: aside.path, to, reason: aside.reason });
    }
    await state.update((data) => ({
      ...data,
      asides: data.asides.filter(({ path }) => path !== aside.path),
    }));
    return to;
  }
}

function withAside(data: NodeState, aside: Aside): NodeState {
  const others = data.asides.filter(({ path }) => path !== aside.path);
  return { ...data, asides: [...others, aside] };
}

function withBrickAside(data: NodeState, reason: Aside['reason']): NodeState {
  return data.brick === null ? data : withAside(data, { path: data.brick.path, reason });
}

/** All of a state but what is to be moved. */
function without({ asides: _asides, ...rest }: NodeState): Omit<NodeState, 'asides'> {
  return rest;
}
