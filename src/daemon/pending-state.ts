import { type Clock, sleep } from '../platform/platform.js';
import type { StateFile } from './state.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;

/**
 * Changes of a node's state that nobody waits for. What the disk does not take now is written as soon as it does: a node
 * that starts again must not begin from an old list because the disk was full for a minute.
 */
export class PendingState<State extends object> {
  /** Why the last write failed; undefined: all is written. */
  failure: unknown;
  private waiting: ((state: State) => State)[] = [];
  private isRunning = false;
  private attempt: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: StateFile<State>,
    private readonly clock: Clock,
    /** Called when a write fails for another reason than before, and with undefined when that is over. */
    private readonly failed: (failure: unknown) => void,
  ) {}

  change(change: (state: State) => State): void {
    this.waiting.push(change);
    if (this.isRunning) return;
    this.isRunning = true;
    void this.run();
  }

  /** Settles when all is written, or the disk has refused it: who stops waits for no room. */
  async settled(): Promise<void> {
    while (this.waiting.length > 0 && this.failure === undefined) await this.attempt;
  }

  private async run(): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; this.waiting.length > 0; ) {
      const changes = this.waiting;
      const all = (state: State): State => changes.reduce((at, each) => each(at), state);
      const writing = this.file.update(all);
      this.attempt = writing.catch(() => undefined);
      try {
        await writing;
        this.waiting = this.waiting.slice(changes.length);
        this.note(undefined);
      } catch (error) {
        this.note(error);
        await sleep(this.clock, retryMs);
        retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
      }
    }
    this.isRunning = false;
  }

  private note(failure: unknown): void {
    const isNews = String(failure) !== String(this.failure);
    this.failure = failure;
    if (isNews) this.failed(failure);
  }
}
