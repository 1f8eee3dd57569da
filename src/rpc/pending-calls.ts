import type { Clock, Timer } from '../platform/platform.js';
import { RpcError } from './error.js';
import type { Reader } from './xdr.js';

/** The longest that a timer can wait; it is set again where that was too early. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

interface Pending {
  readonly dueMs: number;
  resolve(results: Reader): void;
  reject(error: RpcError): void;
}

/**
 * Calls that wait for their replies. Each has a deadline; one timer watches them all, so that a call costs no timer.
 * A reply that comes after its deadline finds nobody and is dropped.
 */
export class PendingCalls {
  private readonly pending = new Map<number, Pending>();
  private timer: Timer | undefined;
  private timerDueMs = 0;

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.pending.size;
  }

  /** Settles with a reader at the results, or with the RpcError of `fail`, `failAll` or the deadline. */
  add(xid: number, timeoutMs: number): Promise<Reader> {
    const dueMs = this.clock.monotonicMs() + timeoutMs;
    this.watch(dueMs);
    return new Promise((resolve, reject) => {
      this.pending.set(xid, { dueMs, resolve, reject });
    });
  }

  answer(xid: number, results: Reader): void {
    this.remove(xid)?.resolve(results);
  }

  fail(xid: number, error: RpcError): void {
    this.remove(xid)?.reject(error);
  }

  failAll(error: RpcError): void {
    this.timer?.cancel();
    this.timer = undefined;
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const pending of all) pending.reject(error);
  }

  private remove(xid: number): Pending | undefined {
    const pending = this.pending.get(xid);
    this.pending.delete(xid);
    return pending;
  }

  private watch(dueMs: number): void {
    if (this.timer !== undefined && this.timerDueMs <= dueMs) return;
    this.timer?.cancel();
    this.timerDueMs = dueMs;
    const leftMs = dueMs - this.clock.monotonicMs();
    const waitMs = Math.min(Math.max(0, leftMs), LONGEST_WAIT_MS);
    this.timer = this.clock.after(waitMs, () => this.expire());
  }

  private expire(): void {
    this.timer = undefined;
    const nowMs = this.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [xid, { dueMs }] of this.pending) {
      if (dueMs <= nowMs) this.fail(xid, new RpcError('deadline', 'no reply within the deadline'));
      else nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.watch(nextMs);
  }
}
