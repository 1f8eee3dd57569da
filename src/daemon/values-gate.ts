import type { DictValue } from '../fop/dict.js';
import { APPLIED_KEY, APPLIED_MS_KEY } from '../xlators/features/read-only/read-only.js';

/** A copy that has not been confirmed for so long is not shown to readers. */
export const STALE_MS = 3000;
/** How often the brick is told again that all is applied: well within what it is told for. */
const RENEW_MS = 1000;

export type SayApplied = (xdata: ReadonlyMap<string, DictValue>) => Promise<void>;

/**
 * Tells the brick whether readers may have this node's copy. What it is told holds until the copy could be stale: so a
 * process that is stopped keeps nobody reading what others have long replaced.
 */
export class ValuesGate {
  private isOpen = false;
  private saidMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly monotonicMs: () => number,
    private readonly ageMs: () => number | null,
    private readonly say: SayApplied,
  ) {}

  /** The applier's word. */
  async set(isOpen: boolean): Promise<void> {
    this.isOpen = isOpen;
    await this.tell();
  }

  /** The connection is gone, and with it what was said. */
  forget(): void {
    this.isOpen = false;
  }

  /** To be called often: says it again in time, while it is true. */
  async renew(): Promise<void> {
    if (!this.isOpen || this.freshMs === 0) return;
    if (this.monotonicMs() - this.saidMs < RENEW_MS) return;
    await this.tell();
  }

  /** For how long what this node knows is fresh. */
  private get freshMs(): number {
    const ageMs = this.ageMs();
    return ageMs === null ? 0 : Math.max(0, Math.floor(STALE_MS - ageMs));
  }

  private async tell(): Promise<void> {
    const isOpen = this.isOpen && this.freshMs > 0;
    this.saidMs = this.monotonicMs();
    await this.say(
      new Map([
        [APPLIED_KEY, { type: 'int', int: isOpen ? 1n : 0n } as const],
        [APPLIED_MS_KEY, { type: 'int', int: BigInt(this.freshMs) } as const],
      ]),
    );
  }
}
