import type { FaultStage } from './faults.js';
import type { SimRandom } from './random.js';

/** In a run where it strikes at all, each append is hit with a chance between these. */
const LEAST_CHANCE = 0.005;
const MOST_CHANCE = 0.08;
const MOST_STRIKES = 15;
const DOWN_MS = 300;

/**
 * Faults at the worst moments: a hekafsd, or its whole machine, ends when it is about to append to a log or has just
 * appended, so that some logs have an entry and others have not.
 */
export class Striker {
  private readonly random: SimRandom;
  private readonly chance: number;
  private count = 0;

  constructor(
    private readonly stage: FaultStage,
    private readonly untilMs: number,
  ) {
    this.random = stage.kernel.random.fork('strikes');
    this.chance = this.random.between(LEAST_CHANCE, MOST_CHANCE);
  }

  /** True where the server's hekafsd has just died. */
  strikes(server: string): boolean {
    const { kernel } = this.stage;
    if (kernel.nowMs > this.untilMs || this.count >= MOST_STRIKES) return false;
    if (!this.random.chance(this.chance)) return false;
    this.count++;
    const isPower = this.random.chance(0.25);
    const what = isPower ? 'power' : 'kill';
    kernel.note(`struck: ${server} (${what})`);
    if (isPower) this.stage.powerOff(server);
    else this.stage.process(`${server}/hekafsd`)?.kill();
    kernel.schedule(this.random.exponential(DOWN_MS), null, `struck ${server} returns`, () => {
      if (isPower) this.stage.powerOn(server);
      else this.stage.restart(`${server}/hekafsd`);
    });
    return true;
  }
}
