import { Worker } from 'node:worker_threads';

/** What the thread of the watchdog is given. */
export interface WatchdogOrders {
  /** One number, which grows for as long as the main thread does anything. */
  readonly beats: SharedArrayBuffer;
  /** How often it is looked at. */
  readonly stepMs: number;
  /** So many looks without a beat, and the process is ended. */
  readonly limit: number;
  /** Written to the log then, and to standard error. */
  readonly lastWords: string;
  /** Undefined is standard error alone. */
  readonly logFile: string | undefined;
}

const LOOKS = 50;

/**
 * Ends this process where its main thread hangs for `ms`: in a system call on a disk that does not answer, nothing else can. The
 * sockets are shut first, so that clients turn to another brick at once, even if the process cannot die before
 * its disk answers. Time in which the process was stopped, or the machine asleep, does not count. `lost` is
 * told where the watch itself ends by an error. Answers how to end it.
 */
export function watchMainThread(
  ms: number,
  lastWords: string,
  logFile: string | undefined,
  lost: (why: Error) => void,
): () => void {
  const beats = new SharedArrayBuffer(8);
  const counter = new Int32Array(beats);
  const stepMs = Math.max(1, Math.floor(ms / LOOKS));
  const workerData: WatchdogOrders = { beats, stepMs, limit: LOOKS, lastWords, logFile };
  const worker = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  worker.on('error', lost);
  worker.unref();
  const timer = setInterval(() => void Atomics.add(counter, 0, 1), stepMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    void worker.terminate();
  };
}
