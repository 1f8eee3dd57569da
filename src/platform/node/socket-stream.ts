import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ByteStream, Endpoint, StreamEvents } from '../network.js';
import { commonName } from './tls-files.js';

/** A socket as a stream of bytes. All that is written in one turn goes out as one `writev`, but over TLS. */
export class SocketStream implements ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  private isCorked = false;
  private why: string | undefined;

  /** `came` tells how bytes come where they do not come as the socket's `data`. */
  constructor(
    private readonly socket: Socket,
    private readonly came?: (take: (chunk: Buffer) => void) => void,
  ) {
    if (socket instanceof TLSSocket) writeOneByOne(socket);
    this.local = { host: plainAddress(socket.localAddress), port: socket.localPort ?? 0 };
    this.remote = { host: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
  }

  get peerName(): string | undefined {
    return this.socket instanceof TLSSocket ? commonName(this.socket) : undefined;
  }

  get queuedBytes(): number {
    return this.socket.writableLength;
  }

  /** Who is told from here on. */
  tell(events: StreamEvents): void {
    const { socket } = this;
    const take = (chunk: Buffer): void => {
      if (this.why === undefined) events.data(chunk);
    };
    if (this.came === undefined) socket.on('data', take);
    else this.came(take);
    socket.on('drain', () => {
      if (this.why === undefined) events.drain();
    });
    socket.on('end', () => {
      this.why ??= 'closed by peer';
    });
    socket.on('error', (error) => {
      this.why ??= error.message;
    });
    socket.once('close', () => events.closed(this.why ?? 'closed by peer'));
  }

  write(chunks: readonly Uint8Array[], taken?: () => void): void {
    const { socket } = this;
    if (this.why !== undefined || socket.destroyed) return;
    if (!this.isCorked) {
      this.isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.isCorked = false;
        socket.uncork();
      });
    }
    const last = chunks.length - 1;
    for (const [index, chunk] of chunks.entries())
      if (index === last && taken !== undefined) socket.write(chunk, taken);
      else socket.write(chunk);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(why = 'closed here'): void {
    this.why ??= why;
    this.socket.destroy();
  }
}

/**
 * Keeps each chunk in TLS records of its own. GlusterFS reads a message and waits for its socket: what else was in the last record is
 * in its TLS library by then, and is not looked at before more comes.
 */
function writeOneByOne(socket: TLSSocket): void {
  const several: { _writev?: unknown } = socket;
  several._writev = null;
}

/** IPv4 clients of an IPv6 listener come as `::ffff:a.b.c.d`. */
function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '';
}
