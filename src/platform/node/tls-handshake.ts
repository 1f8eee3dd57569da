import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ByteStream, Endpoint, StreamEvents } from '../network.js';
import { SocketStream } from './socket-stream.js';

/**
 * A connection that was accepted and is to become secure. It exists from the first packet on, so that its owner counts it and
 * gives up one whose handshake never ends.
 */
export class HandshakeStream implements ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  private events: StreamEvents | undefined;
  private inner: SocketStream | undefined;
  private why: string | undefined;
  private isPaused = false;

  constructor(private readonly raw: Socket) {
    const { local, remote } = new SocketStream(raw);
    this.local = local;
    this.remote = remote;
    raw.on('error', (error) => {
      this.why ??= error.message;
    });
    raw.once('close', () => {
      if (this.inner === undefined) this.events?.closed(this.why ?? 'closed by peer');
    });
  }

  get peerName(): string | undefined {
    return this.inner?.peerName;
  }

  /** Nothing is written before the peer has been believed. */
  get queuedBytes(): number {
    return this.inner?.queuedBytes ?? 0;
  }

  tell(events: StreamEvents): void {
    this.events = events;
  }

  /** The peer is believed: bytes pass from here on. */
  secured(socket: TLSSocket): void {
    if (this.why !== undefined || this.events === undefined) {
      socket.destroy();
      return;
    }
    this.inner = new SocketStream(socket);
    this.inner.tell(this.events);
    if (this.isPaused) this.inner.pause();
  }

  write(chunks: readonly Uint8Array[], taken?: () => void): void {
    this.inner?.write(chunks, taken);
  }

  pause(): void {
    this.isPaused = true;
    this.inner?.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.inner?.resume();
  }

  close(why = 'closed here'): void {
    this.why ??= why;
    if (this.inner === undefined) this.raw.destroy();
    else this.inner.close(why);
  }
}
