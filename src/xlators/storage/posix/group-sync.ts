import { FopError } from '../../../fop/error.js';

/**
 * Syncs of one file, shared: whoever comes while one is running waits for the next one, together with all others who
 * came meanwhile. After a failure every later one fails too: the kernel forgets pages that it could not
 * write, so a sync that succeeds afterwards proves nothing.
 */
export class GroupSync {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private failure: unknown;

  /** `failed` is told of the first failure. */
  constructor(
    private readonly where: string,
    private readonly failed: (why: unknown) => void = () => undefined,
  ) {}

  /** A sync has failed in an earlier life of this file. */
  distrust(why: unknown): void {
    this.failure ??= why;
  }

  /** Throws EIO where a sync has failed before. */
  check(): void {
    if (this.failure !== undefined)
      throw new FopError('EIO', `${this.where}: an earlier sync has failed`, this.failure);
  }

  /** Settles when a sync that began after this call is over. `run` is that of the first who waits. */
  sync(run: () => Promise<void>): Promise<void> {
    if (this.running === undefined) return this.start(run);
    this.next ??= this.running.then(
      () => this.startNext(run),
      () => this.startNext(run),
    );
    return this.next;
  }

  private startNext(run: () => Promise<void>): Promise<void> {
    this.next = undefined;
    return this.start(run);
  }

  private async start(run: () => Promise<void>): Promise<void> {
    this.check();
    const running = run();
    this.running = running;
    try {
      await running;
    } catch (error) {
      this.failure = error;
      this.failed(error);
      throw new FopError('EIO', `${this.where}: a sync has failed`, error);
    } finally {
      this.running = undefined;
    }
  }
}
