import type { Disk } from '../../src/platform/disk.js';
import type { Clock, Platform } from '../../src/platform/platform.js';
import { SimClock } from './clock.js';
import type { Owner, SimEvent } from './event-queue.js';
import type { Fabric } from './fabric.js';
import type { Kernel } from './kernel.js';
import type { SimMachine } from './machine.js';
import { SimNetwork } from './network.js';
import type { SimRandom } from './random.js';

/** How a process ended: its kernel closed what it had open, or the whole machine went away in silence. */
export type Death = 'killed' | 'power';

/**
 * One process of a simulated machine. All that it does hangs on events that it owns: after `kill` none of
 * them comes any more, so its promises stay open for ever and nothing of it runs again.
 */
export class SimProcess implements Owner {
  readonly label: string;
  readonly random: SimRandom;
  readonly clock: Clock;
  readonly network: SimNetwork;
  private alive = true;
  private stopped = false;
  private readonly held: SimEvent[] = [];
  private readonly mourners = new Set<(death: Death) => void>();

  constructor(
    readonly kernel: Kernel,
    readonly machine: SimMachine,
    fabric: Fabric,
    /** `name#incarnation`, unique in the world. */
    name: string,
  ) {
    this.label = `${machine.name}/${name}`;
    this.random = kernel.random.fork(this.label);
    this.clock = new SimClock(kernel, this, machine.time, this.random.fork('timers'));
    this.network = new SimNetwork(fabric, this);
  }

  /** What production code gets. `disk` is the machine's, as this process sees it. */
  platform(disk: Disk): Platform {
    return { clock: this.clock, random: this.random, network: this.network, disk };
  }

  get isAlive(): boolean {
    return this.alive;
  }

  get isPaused(): boolean {
    return this.stopped || this.machine.isFrozen;
  }

  /** Starts a program in this process; whatever it throws is a failure of the run. */
  run(label: string, program: () => Promise<void> | void): void {
    this.kernel.schedule(0, this, label, () => {
      Promise.resolve(program()).catch((error: unknown) => this.kernel.fail(error));
    });
  }

  /** SIGKILL: at once, with nothing of its own said; its kernel closes its sockets. */
  kill(): void {
    this.die('killed');
  }

  /** Called by the machine too, when the power goes. */
  die(death: Death): void {
    if (!this.alive) return;
    this.alive = false;
    this.kernel.note(`${this.label} dies (${death})`);
    this.held.length = 0;
    for (const mourn of this.mourners) mourn(death);
    this.mourners.clear();
  }

  /** Calls `mourn` once when the process dies. */
  onDeath(mourn: (death: Death) => void): () => void {
    this.mourners.add(mourn);
    return () => void this.mourners.delete(mourn);
  }

  /** SIGSTOP: events wait. Its machine's kernel still takes connections and bytes for it. */
  pause(): void {
    this.stopped = true;
  }

  /** SIGCONT: what came due meanwhile comes now, in its order. */
  resume(): void {
    this.stopped = false;
    this.releaseHeld();
  }

  hold(event: SimEvent): void {
    this.held.push(event);
  }

  /** Hands back held events unless something still holds the process. */
  releaseHeld(): void {
    if (this.isPaused) return;
    for (const event of this.held.splice(0)) this.kernel.release(event);
  }
}
