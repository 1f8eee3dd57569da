import { ConfigError } from '../../src/config/error.js';
import { PeerError } from '../../src/config/peers.js';
import type { Timer } from '../../src/platform/platform.js';
import type { Fabric } from './fabric.js';
import type { SimProcess } from './process.js';

/** How often a call goes over a connection that is there already, and then cannot be taken back. */
const KEPT_CHANCE = 0.7;
const RETRY_MS = 200;

/** The process that a call has found, and what it does about it. */
export interface Responder<T> {
  readonly process: SimProcess;
  readonly answer: () => Promise<T>;
}

/**
 * One request and its answer. A request on a kept connection may arrive long after its caller gave up;
 * one that still needs a connection is surely not done when none was made.
 */
export class PeerCall<T> {
  private readonly host: string;
  private isSettled = false;
  private mayBeDone: boolean;
  private deadline: Timer | undefined;

  constructor(
    private readonly fabric: Fabric,
    private readonly caller: SimProcess,
    private readonly address: string,
    private readonly what: string,
    private readonly find: () => Responder<T> | undefined,
    private readonly resolve: (value: T) => void,
    private readonly reject: (error: PeerError) => void,
  ) {
    this.host = address.slice(0, address.lastIndexOf(':'));
    this.mayBeDone = fabric.random.chance(KEPT_CHANCE);
  }

  start(timeoutMs: number): void {
    this.deadline = this.caller.clock.after(timeoutMs, () => this.failInDoubt('no answer in time'));
    this.go();
  }

  private get home(): string {
    return this.caller.machine.host;
  }

  private go(): void {
    const label = `${this.what} ${this.home}>${this.address}`;
    this.fabric.send(this.home, this.host, label, () => this.arrived());
  }

  private arrived(): void {
    if (!this.mayBeDone && (this.isSettled || !this.caller.isAlive)) return;
    if (this.fabric.link(this.home, this.host).isRefusing)
      this.hand(() => this.failInDoubt('ECONNRESET'));
    else if (!this.fabric.canPass(this.home, this.host)) this.wait();
    else this.deliver();
  }

  private wait(): void {
    if (this.mayBeDone) this.fabric.whenOpen(this.home, this.host, () => this.arrived());
    else this.fabric.kernel.schedule(RETRY_MS, this.caller, `${this.what} again`, () => this.go());
  }

  private deliver(): void {
    const responder = this.find();
    if (responder === undefined) {
      this.back(() => this.failInDoubt('ECONNREFUSED'));
      return;
    }
    this.mayBeDone = true;
    const forget = responder.process.onDeath((death) => {
      if (death === 'killed') this.back(() => this.failInDoubt('ECONNRESET'));
    });
    this.fabric.kernel.schedule(0, responder.process, `answers ${this.what}`, () => {
      this.answered(responder.answer(), forget);
    });
  }

  private answered(answer: Promise<T>, forget: () => void): void {
    answer.then(
      (value) => {
        forget();
        this.back(() => this.succeed(value));
      },
      (error: unknown) => {
        forget();
        if (!(error instanceof ConfigError)) this.fabric.kernel.fail(error);
        else this.back(() => this.refused(error));
      },
    );
  }

  private back(settle: () => void): void {
    const arrived = (): void => {
      if (this.fabric.link(this.host, this.home).isRefusing)
        this.hand(() => this.failInDoubt('ECONNRESET'));
      else if (this.fabric.canPass(this.host, this.home)) this.hand(settle);
      else this.fabric.whenOpen(this.host, this.home, arrived);
    };
    this.fabric.send(this.host, this.home, `${this.what} ${this.address}>${this.home}`, arrived);
  }

  private hand(settle: () => void): void {
    if (!this.isSettled) this.fabric.hand(this.caller, `${this.what} settles`, settle);
  }

  private succeed(value: T): void {
    if (this.settle()) this.resolve(value);
  }

  private refused(error: ConfigError): void {
    if (this.settle())
      this.reject(new PeerError(this.address, 'refused', error.message, error.toJSON()));
  }

  private failInDoubt(why: string): void {
    const kind = this.mayBeDone ? 'unknown' : 'unreachable';
    if (this.settle()) this.reject(new PeerError(this.address, kind, why));
  }

  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.deadline?.cancel();
    return true;
  }
}
