import { type Handlers, PassThrough, type Translator } from '../../src/fop/translator.js';
import { registryOf } from '../../src/graph/registry.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { type Clock, sleep } from '../../src/platform/platform.js';
import { SimDisk, type SimDiskOptions } from './disk.js';

/**
 * Bugs to plant under brick-world, to see that its checks find them: a disk that confirms what it has not synced, a brick
 * that asks for the size of a file some time after it wrote, a client that sends again what got no answer.
 */
export type BrickBug = 'none' | 'disk-confirms-unsynced' | 'brick-sizes-late' | 'client-resends';

class UnsyncedDisk extends SimDisk {
  constructor(private readonly given: SimDiskOptions) {
    super(given);
  }

  override fork(clock = this.given.clock): SimDisk {
    const fork = super.fork(clock);
    const pretend = (): Promise<void> => sleep(clock, 0.5);
    return Object.assign(fork, { fsync: pretend, fdatasync: pretend });
  }
}

class LateSizes extends PassThrough {
  readonly type = 'test/late-sizes';
  protected readonly handlers: Handlers = {
    writev: async (request, frame) => {
      const reply = await this.child.wind('writev', request, frame);
      await sleep(this.clock, 1);
      const { stat } = await this.child.wind('fstat', { fd: request.fd, xdata: null }, frame);
      return { ...reply, prebuf: { ...stat, size: stat.size - reply.written }, postbuf: stat };
    },
  };

  constructor(
    name: string,
    child: Translator,
    private readonly clock: Clock,
  ) {
    super(name, child);
  }
}

const lateSizes: TranslatorSpec = {
  type: 'test/late-sizes',
  children: { min: 1, max: 1 },
  options: [],
  create({ name, children: [child], platform }) {
    if (child === undefined) throw new TypeError('no child');
    return new LateSizes(name, child, platform.clock);
  },
};

export const REGISTRY_WITH_BUGS = registryOf([...TRANSLATORS.values(), lateSizes]);

export function diskWith(bug: BrickBug, options: SimDiskOptions): SimDisk {
  return bug === 'disk-confirms-unsynced' ? new UnsyncedDisk(options) : new SimDisk(options);
}
