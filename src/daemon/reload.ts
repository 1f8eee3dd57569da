import type { Log } from './log.js';
import { DAEMON_OPTIONS, type DaemonOptionName } from './option-table.js';
import type { DaemonOptions } from './options.js';

/** What a running hekafsd takes over at once; everything else waits for its next start. */
const AT_ONCE: readonly DaemonOptionName[] = ['log-level', 'log-file', 'members'];

/** How options that were read again differ from those in force. */
export interface OptionChanges {
  readonly now: readonly DaemonOptionName[];
  readonly later: readonly DaemonOptionName[];
}

/** Compares the options in force with those that were read again. Pure. */
export function optionChanges(inForce: DaemonOptions, read: DaemonOptions): OptionChanges {
  const [before, after] = [valuesOf(inForce), valuesOf(read)];
  const names = DAEMON_OPTIONS.map(({ name }) => name);
  const changed = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return {
    now: changed.filter((name) => AT_ONCE.includes(name)),
    later: changed.filter((name) => !AT_ONCE.includes(name)),
  };
}

/** Says in the log what became of a reload. */
export function tellReload(log: Log, changes: OptionChanges, read: DaemonOptions): void {
  log.info('configuration read again', { changed: changes.now, logLevel: read.logLevel });
  if (changes.later.length > 0)
    log.warn('some options take effect at the next start', {
      options: changes.later,
      next: 'restart hekafsd when it suits',
    });
  if (read.overruled.length > 0)
    log.warn('some options of hekafsd.json have no effect: a flag or the environment goes first', {
      options: read.overruled,
      next: 'remove the flag or the HEKAFS_ variable, which are as they were at the start',
    });
}

/** The options that go on: what can change at once from those read, the others as they are in force. */
export function merged(inForce: DaemonOptions, read: DaemonOptions): DaemonOptions {
  const { logLevel, logFile, members } = read;
  return { ...inForce, logLevel, logFile, members };
}

function valuesOf(options: DaemonOptions): Readonly<Record<DaemonOptionName, unknown>> {
  return {
    'state-dir': options.stateDir,
    host: options.host,
    address: options.address,
    http: options.http,
    'mgmt-port': options.mgmtPort,
    'brick-ports': options.brickPorts,
    members: options.members,
    'log-level': options.logLevel,
    'log-file': options.logFile,
  };
}
