import type { Clock } from '../../src/platform/platform.js';
import { MachineTime, SimClock } from './clock.js';
import type { Fabric } from './fabric.js';
import type { Kernel } from './kernel.js';
import { SimProcess } from './process.js';

/** The first port that is given out where none was asked for. */
const FIRST_FREE_PORT = 32_768;
const LAST_PORT = 65_535;

/** A host with one address: it has a clock, a place in the network, processes, and perhaps a disk of its owner's. */
export class SimMachine {
  readonly time: MachineTime;
  /** Of no process: for its disk. */
  readonly clock: Clock;
  private readonly running = new Set<SimProcess>();
  private incarnations = 0;
  private nextPort = FIRST_FREE_PORT;
  private powered = true;
  private frozen = false;

  constructor(
    readonly kernel: Kernel,
    private readonly fabric: Fabric,
    readonly name: string,
    /** Its address in the network, not loopback. */
    readonly host: string,
    rate = 1,
  ) {
    this.time = new MachineTime(kernel, kernel.random.fork(`${name}/boot`), rate);
    this.clock = new SimClock(kernel, null, this.time, kernel.random.fork(`${name}/timers`));
    fabric.add(this);
  }

  get isUp(): boolean {
    return this.powered;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  get processes(): readonly SimProcess[] {
    return [...this.running];
  }

  /** A new process. The machine must be up. */
  start(name: string): SimProcess {
    if (!this.powered) throw new Error(`${this.name} has no power`);
    const process = new SimProcess(
      this.kernel,
      this,
      this.fabric,
      `${name}#${++this.incarnations}`,
    );
    this.running.add(process);
    process.onDeath(() => this.running.delete(process));
    return process;
  }

  /** A port that nobody listens on. */
  freePort(): number {
    do this.nextPort = this.nextPort === LAST_PORT ? FIRST_FREE_PORT : this.nextPort + 1;
    while (this.fabric.listenerAt(this.host, this.nextPort) !== undefined);
    return this.nextPort;
  }

  /** Everything ends in silence: no connection is closed, peers hear nothing. The disk's owner must crash it too. */
  powerOff(): void {
    if (!this.powered) return;
    this.powered = false;
    this.frozen = false;
    this.kernel.note(`${this.name} loses power`);
    for (const process of this.processes) process.die('power');
  }

  /** The machine answers again, with no process; peers of old connections learn that these are gone. */
  powerOn(): void {
    if (this.powered) return;
    this.powered = true;
    this.kernel.note(`${this.name} has power`);
    this.fabric.reachabilityChanged();
  }

  /** The whole machine stands still, its network too, as a virtual machine that is moved. */
  freeze(): void {
    this.frozen = this.powered;
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    for (const process of this.processes) process.releaseHeld();
    this.fabric.reachabilityChanged();
  }
}
