import {
  type ByteStream,
  type Endpoint,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
} from '../../src/platform/network.js';

/** Once this much was queued, the writer is told when the queue is empty. */
const DRAIN_MARK_BYTES = 16 * 1024;

/** One end of a connection in memory. Bytes arrive in turns of their own, in order, never in the writer's turn. */
class MemoryStream implements ByteStream {
  queuedBytes = 0;
  private readonly arrived: Buffer[] = [];
  private events: StreamEvents | undefined;
  private isPaused = false;
  private isOpen = true;
  private isReading = false;
  private wantsDrain = false;
  private end: string | undefined;
  other: MemoryStream | undefined;

  constructor(
    readonly local: Endpoint,
    readonly remote: Endpoint,
    private readonly chunkBytes: number,
  ) {}

  tell(events: StreamEvents): void {
    this.events = events;
    this.readSoon();
  }

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    if (!this.isOpen || this.other === undefined) return;
    this.queuedBytes += bytes.length;
    if (this.queuedBytes >= DRAIN_MARK_BYTES) this.wantsDrain = true;
    for (let at = 0; at < bytes.length; at += this.chunkBytes)
      this.other.arrived.push(bytes.subarray(at, at + this.chunkBytes));
    this.other.readSoon();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.readSoon();
  }

  close(why = 'closed here'): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.arrived.length = 0;
    setImmediate(() => this.events?.closed(why));
    const { other } = this;
    if (other === undefined) return;
    other.end ??= 'closed by peer';
    other.readSoon();
  }

  private readSoon(): void {
    if (this.isReading) return;
    this.isReading = true;
    setImmediate(() => {
      this.isReading = false;
      this.read();
    });
  }

  /** Hands over what has come, as long as the owner wants it. */
  private read(): void {
    while (this.isOpen && !this.isPaused && this.events !== undefined) {
      const chunk = this.arrived.shift();
      if (chunk === undefined) {
        if (this.end !== undefined) this.close(this.end);
        return;
      }
      this.other?.taken(chunk.length);
      this.events.data(chunk);
    }
  }

  private taken(bytes: number): void {
    this.queuedBytes -= bytes;
    if (this.queuedBytes > 0 || !this.wantsDrain) return;
    this.wantsDrain = false;
    setImmediate(() => {
      if (this.isOpen) this.events?.drain();
    });
  }
}

/**
 * A network inside this process, for tests. `chunkBytes` cuts what is written into pieces of that size, down to one
 * byte at a time.
 */
export function memoryNetwork(
  options: { readonly chunkBytes?: number; readonly keepsNone?: boolean } = {},
): Network & { streams(): readonly ByteStream[] } {
  const chunkBytes = options.chunkBytes ?? 64 * 1024;
  const listeners = new Map<number, (stream: ByteStream) => StreamEvents>();
  const streams: ByteStream[] = [];
  let nextPort = 40_000;

  function join(to: Endpoint): [MemoryStream, MemoryStream] {
    nextPort += 1;
    const from = { host: '127.0.0.1', port: nextPort };
    const mine = new MemoryStream(from, to, chunkBytes);
    const theirs = new MemoryStream(to, from, chunkBytes);
    mine.other = theirs;
    theirs.other = mine;
    if (!options.keepsNone) streams.push(mine);
    return [mine, theirs];
  }

  return {
    /** The connecting ends of all connections so far; with `keepsNone` of none. */
    streams: () => streams,
    async connect(to, events) {
      const accept = listeners.get(to.port);
      if (accept === undefined) throw new NetworkError('ECONNREFUSED', to);
      const [mine, theirs] = join(to);
      setImmediate(() => theirs.tell(accept(theirs)));
      setImmediate(() => mine.tell(events(mine)));
      return mine;
    },
    async listen(at, accept): Promise<Listener> {
      nextPort += 1;
      const port = at.port === 0 ? nextPort : at.port;
      if (listeners.has(port)) throw new NetworkError('EADDRINUSE', at);
      listeners.set(port, accept);
      return {
        endpoint: { host: at.host, port },
        close: async () => void listeners.delete(port),
      };
    },
  };
}
