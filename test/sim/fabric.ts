import type { Kernel } from './kernel.js';
import { type CutMode, LAN, type Latency, Link, LOOPBACK } from './link.js';
import type { SimMachine } from './machine.js';
import type { SimListener } from './network.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';
import type { SimStream } from './stream.js';

/** TCP sends again after at least this long, and at most so much later as it had been waiting. */
const RESEND_MIN_MS = 200;
const RESEND_MAX_MS = 3000;

interface Waiting {
  readonly from: string;
  readonly to: string;
  readonly sinceMs: number;
  readonly run: () => void;
}

/** Everything between the machines: links, who listens where, which connections there are. */
export class Fabric {
  readonly random: SimRandom;
  private readonly machines = new Map<string, SimMachine>();
  private readonly links = new Map<string, Link>();
  private readonly listeners = new Map<string, SimListener>();
  private readonly streams = new Set<SimStream>();
  private waiting: Waiting[] = [];

  constructor(
    readonly kernel: Kernel,
    private readonly latency: Latency = LAN,
  ) {
    this.random = kernel.random.fork('fabric');
  }

  add(machine: SimMachine): void {
    if (this.machines.has(machine.host)) throw new Error(`two machines at ${machine.host}`);
    this.machines.set(machine.host, machine);
  }

  link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.links.get(key);
    if (link === undefined) {
      const latency = from === to ? LOOPBACK : this.latency;
      link = new Link(this.random.fork(key), latency);
      this.links.set(key, link);
    }
    return link;
  }

  /** Cuts one direction under a name of the caller's; `heal` with the same name ends it. */
  cut(from: string, to: string, id: string, mode: CutMode = 'drop'): void {
    this.kernel.note(`cut ${from}>${to} (${mode})`);
    this.link(from, to).cut(id, mode);
    if (mode !== 'reset') return;
    for (const stream of [...this.streams]) if (stream.goes(from, to)) stream.severed();
  }

  heal(from: string, to: string, id: string): void {
    this.kernel.note(`heal ${from}>${to}`);
    this.link(from, to).heal(id);
    this.reachabilityChanged();
  }

  /** Ends all cuts and clogs. */
  healAll(): void {
    this.kernel.note('heal all links');
    for (const link of this.links.values()) link.healAll();
    this.reachabilityChanged();
  }

  clog(from: string, to: string, forMs: number, meanMs: number): void {
    this.kernel.note(`clog ${from}>${to}`);
    this.link(from, to).clog(this.kernel.nowMs + forMs, meanMs);
  }

  /** Whether a packet that arrives now gets there. */
  canPass(from: string, to: string): boolean {
    return this.isThere(from) && this.isThere(to) && !this.link(from, to).isCut;
  }

  delayMs(from: string, to: string): number {
    return this.link(from, to).delayMs(this.kernel.nowMs);
  }

  /** Calls `arrive` when a packet sent now would be there; the callee asks `canPass`. */
  send(from: string, to: string, label: string, arrive: () => void): void {
    this.kernel.schedule(this.delayMs(from, to), null, label, arrive);
  }

  /** Runs something of a process that has come through the network: now, or when the process is resumed. */
  hand(process: SimProcess, label: string, run: () => void): void {
    if (process.isPaused) this.kernel.schedule(0, process, label, run);
    else if (process.isAlive) run();
  }

  /** Calls `run` once packets pass again, some time later, as a resent packet would come. */
  whenOpen(from: string, to: string, run: () => void): void {
    this.waiting.push({ from, to, sinceMs: this.kernel.nowMs, run });
  }

  /** Somebody healed, thawed or got power: what waited is sent again. */
  reachabilityChanged(): void {
    const still: Waiting[] = [];
    for (const one of this.waiting)
      if (this.canPass(one.from, one.to)) this.resend(one);
      else still.push(one);
    this.waiting = still;
  }

  private resend(one: Waiting): void {
    const waitedMs = Math.min(this.kernel.nowMs - one.sinceMs, RESEND_MAX_MS);
    const delayMs = this.random.between(0, Math.max(RESEND_MIN_MS, waitedMs));
    this.kernel.schedule(delayMs, null, `resend ${one.from}>${one.to}`, one.run);
  }

  listenerAt(host: string, port: number): SimListener | undefined {
    return this.listeners.get(`${host}:${port}`);
  }

  addListener(host: string, port: number, listener: SimListener): void {
    this.listeners.set(`${host}:${port}`, listener);
  }

  removeListener(host: string, port: number): void {
    this.listeners.delete(`${host}:${port}`);
  }

  addStream(stream: SimStream): void {
    this.streams.add(stream);
  }

  removeStream(stream: SimStream): void {
    this.streams.delete(stream);
  }

  private isThere(host: string): boolean {
    const machine = this.machines.get(host);
    return machine?.isUp === true && !machine.isFrozen;
  }
}
