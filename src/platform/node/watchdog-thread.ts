import * as fs from 'node:fs';
import { workerData } from 'node:worker_threads';
import { FopError } from '../../fop/error.js';
import { systemCalls } from './syscalls.js';
import type { WatchdogOrders } from './watchdog.js';

/*
 * The thread of watchdog.ts. It sleeps and looks, and touches no disk before the main thread is given up.
 */

const SHUT_BOTH = 2;
const LAST_WORDS_MS = 1000;

const orders = workerData as WatchdogOrders;
watch(orders);
end(orders);

/** Returns when the main thread has not done anything for too long. */
function watch({ beats, stepMs, limit }: WatchdogOrders): void {
  const counter = new Int32Array(beats);
  let last = -1;
  for (let silent = 0; silent < limit; silent++) {
    const beat = Atomics.load(counter, 0);
    if (beat !== last) silent = 0;
    last = beat;
    // Nobody ever wakes the second number: this sleeps.
    Atomics.wait(counter, 1, 0, stepMs);
  }
}

function end({ lastWords, logFile }: WatchdogOrders): void {
  shutSockets();
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
  fs.write(2, lastWords, () => undefined);
  if (logFile !== undefined) fs.appendFile(logFile, lastWords, () => undefined);
}

function shutSockets(): void {
  for (const name of fs.readdirSync('/proc/self/fd')) {
    try {
      if (!fs.readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:')) continue;
      systemCalls()?.shutdown(Number(name), SHUT_BOTH);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** Closed meanwhile, or never connected. */
function isGone(error: unknown): boolean {
  if (error instanceof FopError) return true;
  return (error as { readonly code?: unknown } | null)?.code === 'ENOENT';
}
