import { EventQueue, type Owner, SimEvent } from './event-queue.js';
import { SimRandom } from './random.js';
import { Trace } from './trace.js';

/*
 * One thread, virtual time. The earliest event is taken and run, then everything that it set off by promises
 * runs to its end, then the next. Whatever reaches the outside is an event, so the order of all is
 * decided here and by the seed alone.
 */

/** Why a run ended: nothing left to do, its time was up, `stop` was called, too many events, something failed. */
export type Ending = 'quiet' | 'time' | 'stopped' | 'events' | 'failed';

export interface RunLimits {
  /** Virtual milliseconds since the kernel began at which the run ends. */
  readonly untilMs?: number;
  /** More events than this end the run as a failure: something spins. Counted per run. */
  readonly maxEvents?: number;
}

const DEFAULT_MAX_EVENTS = 5_000_000;

/** Steps between two turns of Node's own loop. */
const STEPS_PER_TURN = 64;

const BUGS = ['unhandledRejection', 'uncaughtException'] as const;

export class Kernel {
  readonly random: SimRandom;
  readonly trace: Trace;
  /** What went wrong, in words. A run with failures is not ok. */
  readonly failures: string[] = [];
  private readonly queue = new EventQueue();
  private nowUs = 0;
  private sequence = 0;
  private isRunning = false;
  private isInStep = false;
  private ending: Ending | undefined;
  private current = 'the start';

  constructor(
    readonly seed: number | string,
    options: { readonly keepsTrace?: boolean } = {},
  ) {
    this.random = new SimRandom(String(seed));
    this.trace = new Trace(options.keepsTrace ?? false);
  }

  /** Virtual milliseconds since the kernel began. */
  get nowMs(): number {
    return this.nowUs / 1000;
  }

  /**
   * Has `run` called after `delayMs` of virtual time, in the name of `owner`, or of nobody who could die.
   * Equal times keep the order of the calls.
   */
  schedule(delayMs: number, owner: Owner | null, label: string, run: () => void): SimEvent {
    if (this.isRunning && !this.isInStep)
      this.fail(`"${label}" was scheduled by something that waited for the real outside`);
    const timeUs = this.nowUs + Math.max(0, Math.ceil(delayMs * 1000));
    const event = new SimEvent(timeUs, this.sequence++, owner, label, run);
    this.queue.push(event);
    return event;
  }

  /** Puts a held event back, due now. */
  release(held: SimEvent): void {
    if (held.isCancelled) return;
    this.queue.push(
      new SimEvent(this.nowUs, this.sequence++, held.owner, held.label, () => {
        if (!held.isCancelled) held.run();
      }),
    );
  }

  /** Adds a line of one's own to the trace. */
  note(text: string): void {
    this.trace.add(`${this.stamp()} ${text}`);
  }

  /** Ends the run as failed. */
  fail(what: unknown): void {
    const text = what instanceof Error ? (what.stack ?? what.message) : String(what);
    this.failures.push(`at ${this.stamp()} in ${this.current}: ${text}`);
    this.note(`FAILED ${what instanceof Error ? what.message : text}`);
    this.ending = 'failed';
  }

  /** Ends the run after the event at hand. */
  stop(): void {
    this.ending ??= 'stopped';
  }

  /** Runs events until something ends it; may be called again to go on, but not after a failure. */
  async run(limits: RunLimits = {}): Promise<Ending> {
    if (this.isRunning) throw new Error('the kernel runs already');
    if (this.failures.length > 0) return 'failed';
    this.isRunning = true;
    this.ending = undefined;
    const restore = this.takeBugs();
    try {
      return await this.turns(limits);
    } finally {
      restore();
      this.isRunning = false;
    }
  }

  private turns(limits: RunLimits): Promise<Ending> {
    const untilUs = (limits.untilMs ?? Number.POSITIVE_INFINITY) * 1000;
    let left = limits.maxEvents ?? DEFAULT_MAX_EVENTS;
    return new Promise((resolve) => {
      const step = (): void => {
        this.isInStep = true;
        if (this.ending !== undefined) return;
        if (left-- <= 0) this.fail(`no end after ${limits.maxEvents ?? DEFAULT_MAX_EVENTS} events`);
        else this.step(untilUs);
      };
      // Node runs what is due of promises between two immediates, and looks at the outside only after the last.
      const turn = (): void => {
        for (let count = 0; count < STEPS_PER_TURN; count++) setImmediate(step);
        setImmediate(() => {
          this.isInStep = false;
          if (this.ending === undefined) turn();
          else resolve(this.ending);
        });
      };
      turn();
    });
  }

  private step(untilUs: number): void {
    const event = this.due(untilUs);
    if (event === undefined) return;
    this.nowUs = Math.max(this.nowUs, event.timeUs);
    const { owner } = event;
    if (owner?.isPaused) {
      owner.hold(event);
      return;
    }
    this.current = owner === null ? event.label : `${owner.label} ${event.label}`;
    this.note(this.current);
    try {
      event.run();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The next event that still matters, or none, with the reason set. */
  private due(untilUs: number): SimEvent | undefined {
    for (;;) {
      const next = this.queue.peek();
      if (next === undefined) {
        this.ending = 'quiet';
        return undefined;
      }
      if (next.timeUs > untilUs) {
        this.nowUs = Math.max(this.nowUs, untilUs);
        this.ending = 'time';
        return undefined;
      }
      this.queue.pop();
      if (!next.isCancelled && next.owner?.isAlive !== false) return next;
    }
  }

  /** A rejection that nobody handles, or a throw outside any promise, is a bug of the simulated code. */
  private takeBugs(): () => void {
    const fail = (reason: unknown): void => this.fail(reason);
    const before = BUGS.map((name) => process.listeners(name as 'uncaughtException'));
    for (const name of BUGS) {
      process.removeAllListeners(name);
      process.on(name, fail);
    }
    return () => {
      BUGS.forEach((name, at) => {
        process.removeListener(name, fail);
        for (const listener of before[at] ?? []) process.on(name, listener);
      });
    };
  }

  private stamp(): string {
    return (this.nowUs / 1e6).toFixed(6).padStart(11);
  }
}
