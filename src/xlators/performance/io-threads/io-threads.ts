import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { OptionSpec, TranslatorSpec } from '../../../graph/spec.js';

const ONE_THREAD =
  'this engine does the work of a brick in one thread and overlaps what waits for the disk';

/**
 * performance/io-threads: in GlusterFS, the threads that work on fops. Here every fop passes unchanged, and the log says so.
 *
 *     volume vol-io-threads
 *         type performance/io-threads
 *         subvolumes vol-upcall
 *     end-volume
 */
class IoThreads extends PassThrough {
  readonly type = 'performance/io-threads';
  protected readonly handlers: Handlers = {};

  override async start(): Promise<void> {
    const message = `performance/io-threads does nothing here: ${ONE_THREAD}`;
    this.tell({ event: 'log', from: this, level: 'info', message });
  }
}

const unused = (key: string, kind: OptionSpec['kind'], doc: string): OptionSpec => ({
  key,
  kind,
  doc,
  inert: ONE_THREAD,
});

const OPTIONS: readonly OptionSpec[] = [
  unused('thread-count', 'int', 'How many threads.'),
  unused('high-prio-threads', 'int', 'Of these, for fops that are quick.'),
  unused('normal-prio-threads', 'int', 'Of these, for reads and writes.'),
  unused('low-prio-threads', 'int', 'Of these, for syncs and the like.'),
  unused('least-prio-threads', 'int', 'Of these, for rebalance and heal.'),
  unused('enable-least-priority', 'bool', 'Whether rebalance and heal come last.'),
  unused('idle-time', 'int', 'When a thread without work ends.'),
  unused('watchdog-secs', 'int', 'When a stuck queue gets one thread more.'),
  unused('cleanup-disconnected-reqs', 'bool', 'Drop what clients that are gone have asked for.'),
  unused('pass-through', 'bool', 'Have no threads.'),
];

export const performanceIoThreads: TranslatorSpec = {
  type: 'performance/io-threads',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create({ name, children }) {
    const [child] = children;
    if (child === undefined) throw new TypeError('performance/io-threads has one child');
    return new IoThreads(name, child);
  },
};
