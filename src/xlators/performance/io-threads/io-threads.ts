import type { OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import { switchedOff } from '../../../graph/switched-off.js';

const ONE_THREAD =
  'this engine does the work of a brick in one thread and overlaps what waits for the disk';

const unused = (key: string, kind: OptionSpec['kind'], doc: string): OptionSpec => ({
  key,
  kind,
  doc,
  inert: ONE_THREAD,
});

/** In GlusterFS, the threads that work on fops. Every fop passes here unchanged. */
export const performanceIoThreads: TranslatorSpec = switchedOff('performance/io-threads', [
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
]);
