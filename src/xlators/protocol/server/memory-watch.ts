import type { Clock, Timer } from '../../../platform/platform.js';
import type { MemoryMeter, RpcConnection } from '../../../rpc/connection.js';

const LOOK_MS = 1000;
/** As long as GlusterFS's bricks let sent data stay unacknowledged. */
const STALLED_MS = 42_000;

/** A connection, as far as its memory goes. */
export type Holder = Pick<RpcConnection, 'heldBytes' | 'goOn' | 'close'> & {
  readonly stream: Pick<RpcConnection['stream'], 'queuedBytes'>;
};

interface Watched {
  readonly connection: Holder;
  /** The least that was queued since it last took something, and when that was. */
  queuedBytes: number;
  takenMs: number;
}

/**
 * The memory that all connections of a server hold together. Beyond a limit none of them is read that has something under way; one
 * that does not take its replies for long is closed; and where that does not help, whoever holds most is. It looks only
 * while much is held.
 */
export class MemoryWatch implements MemoryMeter {
  openBytes = 0;
  private readonly watched = new Set<Watched>();
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly maxBytes: number,
  ) {}

  get isFull(): boolean {
    return this.openBytes >= this.maxBytes;
  }

  /** From here on to the end of the connection. Answers how to stop. */
  add(connection: Holder): () => void {
    const entry = { connection, queuedBytes: 0, takenMs: this.clock.monotonicMs() };
    this.watched.add(entry);
    return () => void this.watched.delete(entry);
  }

  /** Much is queued for a peer, or all is full. */
  large(): void {
    this.timer ??= this.clock.after(LOOK_MS, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
  }

  private look(): void {
    this.timer = undefined;
    for (const entry of this.watched) this.closeStalled(entry);
    this.closeLargest();
    let isLarge = this.isFull;
    for (const { connection } of this.watched) {
      connection.goOn();
      isLarge ||= connection.stream.queuedBytes > 0;
    }
    if (isLarge) this.large();
  }

  private closeStalled(entry: Watched): void {
    const nowMs = this.clock.monotonicMs();
    const { queuedBytes } = entry.connection.stream;
    if (queuedBytes === 0 || queuedBytes < entry.queuedBytes) entry.takenMs = nowMs;
    entry.queuedBytes = queuedBytes;
    if (nowMs - entry.takenMs >= STALLED_MS)
      entry.connection.close(`it has taken nothing of its replies for ${STALLED_MS / 1000} s`);
  }

  private closeLargest(): void {
    const all = [...this.watched].map(({ connection }) => connection);
    let held = all.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    if (held <= 2 * this.maxBytes) return;
    for (const connection of all.sort((one, other) => other.heldBytes - one.heldBytes)) {
      if (held <= this.maxBytes) return;
      held -= connection.heldBytes;
      connection.close(
        `option memory-limit is reached, and it holds ${connection.heldBytes} bytes`,
      );
    }
  }
}
