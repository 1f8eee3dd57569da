import type { Clock, Timer } from '../../../platform/platform.js';
import type { RpcConnection } from '../../../rpc/connection.js';
import { AUTH_GLUSTERFS_V3, encodeCredential, OWN_FRAME } from '../../../rpc/credentials.js';
import { ping } from '../../../rpc/dump.js';
import { RpcError } from '../../../rpc/error.js';

/** Looks so many times within the ping timeout. */
const LOOKS = 4;

/**
 * Gives a connection up when its server has been silent for too long. A quiet server is pinged; bytes that come and
 * bytes that the system takes from us both are signs of life.
 */
export class Keepalive {
  private timer: Timer | undefined;
  private isPinged = false;
  private aliveMs: number;
  private lookedMs: number;
  private queuedBytes = 0;

  constructor(
    private readonly connection: RpcConnection,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {
    this.aliveMs = clock.monotonicMs();
    this.lookedMs = this.aliveMs;
    if (timeoutMs > 0) this.lookLater();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private lookLater(): void {
    this.timer = this.clock.after(this.timeoutMs / LOOKS, () => this.look());
  }

  private look(): void {
    const { connection } = this;
    if (connection.isOver) return;
    const nowMs = this.clock.monotonicMs();
    this.noteLife(nowMs);
    const silentMs = nowMs - this.aliveMs;
    if (this.isPinged && silentMs >= this.timeoutMs) {
      connection.close(`the server has been silent for ${Math.round(silentMs)} ms`);
      return;
    }
    if (!this.isPinged && silentMs >= this.timeoutMs / LOOKS) void this.ping();
    this.lookLater();
  }

  private noteLife(nowMs: number): void {
    const { stream, heardMs } = this.connection;
    this.aliveMs = Math.max(this.aliveMs, heardMs);
    if (stream.queuedBytes < this.queuedBytes) this.aliveMs = nowMs;
    // Where this process itself stood still, what came meanwhile has not been read yet.
    if (nowMs - this.lookedMs > this.timeoutMs / 2) this.aliveMs = nowMs;
    this.queuedBytes = stream.queuedBytes;
    this.lookedMs = nowMs;
  }

  /** An answer is heard like all bytes; only that it is under way is to be known. */
  private async ping(): Promise<void> {
    this.isPinged = true;
    try {
      const credential = encodeCredential(OWN_FRAME, AUTH_GLUSTERFS_V3);
      await ping(this.connection, credential, LOOKS * this.timeoutMs);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    this.isPinged = false;
  }
}
