import type { Server } from 'node:http';
import type { Clock, Timer } from '../platform/platform.js';
import { close, listen } from './http-server.js';

const LOOK_MS = 1000;

export interface LocalSocketSetup {
  readonly clock: Clock;
  readonly isSocketThere?: () => boolean;
}

/** The unix socket of the API. Somebody who tidies up may remove its name: then nobody could come any more, so it is made again. */
export class LocalSocket {
  private timer: Timer | undefined;
  private isClosed = false;

  private constructor(
    private readonly path: string,
    private readonly make: () => Server,
    private readonly setup: LocalSocketSetup,
    private server: Server,
  ) {}

  /** Throws HFS-5001 where it cannot listen. */
  static async open(
    path: string,
    make: () => Server,
    setup: LocalSocketSetup,
  ): Promise<LocalSocket> {
    const server = make();
    await listen(server, { path });
    const socket = new LocalSocket(path, make, setup, server);
    socket.watch();
    return socket;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.timer?.cancel();
    await close(this.server, this.setup.clock);
  }

  private watch(): void {
    const { clock, isSocketThere } = this.setup;
    if (this.isClosed || isSocketThere === undefined) return;
    this.timer = clock.after(LOOK_MS, () => {
      if (isSocketThere()) return this.watch();
      // What cannot be made now, in a directory that is gone or full, is tried again.
      this.replace().then(
        () => this.watch(),
        () => this.watch(),
      );
    });
  }

  /** The old one keeps the connections that it has. It goes first: closing it removes whatever bears its name. */
  private async replace(): Promise<void> {
    this.server.close();
    this.server = this.make();
    await listen(this.server, { path: this.path });
    if (this.isClosed) this.server.close();
  }
}
