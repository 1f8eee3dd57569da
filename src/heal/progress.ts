import type { Clock } from '../platform/platform.js';

/** What a heal has done and has before it, and how fast it goes. */
export class Progress {
  filesDone = 0;
  bytesDone = 0;
  filesLeft = 0;
  private began: number | undefined;
  private filesBefore = 0;
  private bytesBefore = 0;

  constructor(private readonly clock: Clock) {}

  /** Work begins after a standstill: the rate is counted from here. */
  begin(): void {
    this.began = this.clock.monotonicMs();
    this.filesBefore = this.filesDone;
    this.bytesBefore = this.bytesDone;
  }

  get rates(): {
    readonly filesPerSecond: number;
    readonly bytesPerSecond: number;
    readonly etaSeconds: number | undefined;
  } {
    const seconds = this.began === undefined ? 0 : (this.clock.monotonicMs() - this.began) / 1000;
    if (seconds <= 0) return { filesPerSecond: 0, bytesPerSecond: 0, etaSeconds: undefined };
    const filesPerSecond = (this.filesDone - this.filesBefore) / seconds;
    const bytesPerSecond = (this.bytesDone - this.bytesBefore) / seconds;
    const etaSeconds = filesPerSecond > 0 ? this.filesLeft / filesPerSecond : undefined;
    return { filesPerSecond, bytesPerSecond, etaSeconds };
  }
}
