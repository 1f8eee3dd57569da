import type { Translator } from '../fop/translator.js';
import type { Clock } from '../platform/platform.js';
import { Replicate } from '../xlators/cluster/replicate/replicate.js';
import { Bandwidth } from './bandwidth.js';
import type { Healer, HealLimits, SetStatus } from './healer.js';
import { SetHealer } from './set-healer.js';

/**
 * Heals every replica set of a client graph: what the lists of the bricks name, as soon as a brick comes up and now and then. It is
 * what glustershd is in GlusterFS, and works beside one. The graph is its own: its frames are a healer's, and its locks give way to
 * nobody but by order.
 */
export class HealWorker implements Healer {
  private readonly sets: readonly SetHealer[];

  constructor(translators: Iterable<Translator>, clock: Clock, limits: HealLimits = {}) {
    const bandwidth = new Bandwidth(clock, limits.bytesPerSecond);
    this.sets = [...translators]
      .filter((translator) => translator instanceof Replicate)
      .map(({ healer }) => new SetHealer(healer, clock, limits, bandwidth));
  }

  start(): void {
    for (const set of this.sets) set.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.sets.map((set) => set.stop()));
  }

  async healNow(): Promise<void> {
    await Promise.all(this.sets.map((set) => set.healNow()));
  }

  status(): readonly SetStatus[] {
    return this.sets.map((set) => set.status());
  }
}
