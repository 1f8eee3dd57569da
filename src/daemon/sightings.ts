import type { Clock } from '../platform/platform.js';
import type { Sighting } from './server-evidence.js';

/** Longer ago counts as gone. */
const RECENT_MS = 12_000;
const MAX_KEPT = 256;

interface Seen {
  readonly node: string;
  readonly instance: string;
  readonly address: string;
  readonly firstMs: number;
  lastMs: number;
}

/**
 * Which processes have said of themselves that they are a node of this cluster. Two of one node at once are one too many; one after the
 * other is a restart.
 */
export class Sightings {
  private seen: Seen[] = [];

  constructor(private readonly clock: Clock) {}

  note(node: string, instance: string, address: string): void {
    const nowMs = this.clock.monotonicMs();
    const known = this.seen.find((each) => each.node === node && each.instance === instance);
    if (known?.address === address) known.lastMs = nowMs;
    else this.seen.push({ node, instance, address, firstMs: nowMs, lastMs: nowMs });
    this.seen = this.seen.filter(({ lastMs }) => nowMs - lastMs < RECENT_MS).slice(-MAX_KEPT);
  }

  /** Processes that were heard while another one of the same node was heard, too. */
  doubles(node?: string): readonly Sighting[] {
    const nowMs = this.clock.monotonicMs();
    const recent = this.seen.filter(({ lastMs }) => nowMs - lastMs < RECENT_MS);
    return recent
      .filter((each) => node === undefined || each.node === node)
      .filter((each) => recent.some((other) => isDouble(each, other)))
      .map(({ node: id, instance, address, lastMs }) => ({
        ...{ node: id, instance, address, agoMs: nowMs - lastMs },
      }));
  }
}

function isDouble(one: Seen, other: Seen): boolean {
  return (
    one.node === other.node &&
    one.instance !== other.instance &&
    one.lastMs > other.firstMs &&
    other.lastMs > one.firstMs
  );
}
