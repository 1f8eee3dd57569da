import type { SimRandom } from './random.js';

/** How long packets take on a link, in milliseconds: `min`, plus mostly about `mean` more, rarely up to `spike` more. */
export interface Latency {
  readonly min: number;
  readonly mean: number;
  readonly spike: number;
  readonly spikeChance: number;
}

export const LAN: Latency = { min: 0.05, mean: 0.1, spike: 20, spikeChance: 0.005 };
export const LOOPBACK: Latency = { min: 0.01, mean: 0.02, spike: 5, spikeChance: 0.001 };

/**
 * What a cut does with packets. `drop`: they vanish, and both sides find out by their own deadlines.
 * `reset`: somebody in between answers with a reset, so that connections end at once.
 */
export type CutMode = 'drop' | 'reset';

/** The way from one address to another, one direction. */
export class Link {
  private readonly cuts = new Map<string, CutMode>();
  private clogEndMs = 0;
  private clogMeanMs = 0;

  constructor(
    private readonly random: SimRandom,
    private latency: Latency,
  ) {}

  setLatency(latency: Latency): void {
    this.latency = latency;
  }

  /** Several cuts may lie on one link; it is open again when each of them has been healed. */
  cut(id: string, mode: CutMode): void {
    this.cuts.set(id, mode);
  }

  heal(id: string): void {
    this.cuts.delete(id);
  }

  healAll(): void {
    this.cuts.clear();
    this.clogEndMs = 0;
  }

  /** Until `endMs` packets are late by about `meanMs` more. */
  clog(endMs: number, meanMs: number): void {
    this.clogEndMs = endMs;
    this.clogMeanMs = meanMs;
  }

  get isCut(): boolean {
    return this.cuts.size > 0;
  }

  get isRefusing(): boolean {
    for (const mode of this.cuts.values()) if (mode === 'reset') return true;
    return false;
  }

  /** How long the next packet takes. */
  delayMs(nowMs: number): number {
    const { min, mean, spike, spikeChance } = this.latency;
    const late = this.random.chance(spikeChance) ? this.random.float() * spike : 0;
    const clogged = nowMs < this.clogEndMs ? this.random.exponential(this.clogMeanMs) : 0;
    return min + this.random.exponential(mean) + late + clogged;
  }
}
