import type { Acceptor, AcceptorMaker } from '../../src/config/log/acceptor.js';
import type { LogHeader } from '../../src/config/log/entry.js';

/** A log whose appends somebody wants to know of. */
export class WatchedLog implements Acceptor, AcceptorMaker {
  constructor(
    private readonly log: Acceptor & AcceptorMaker,
    /** Called before each append and after it; true where the caller has just died of it. */
    private readonly strikes: () => boolean,
  ) {}

  open(): Promise<LogHeader> {
    return this.log.open();
  }

  async append(bytes: Buffer): Promise<number> {
    if (this.strikes()) return never();
    const size = await this.log.append(bytes);
    return this.strikes() ? never() : size;
  }

  read(offset: number, length: number): Promise<Buffer> {
    return this.log.read(offset, length);
  }

  size(): Promise<number> {
    return this.log.size();
  }

  create(first: Buffer): Promise<void> {
    return this.log.create(first);
  }

  close(): void {
    this.log.close();
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
