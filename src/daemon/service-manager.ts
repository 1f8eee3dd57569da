import type { Clock } from '../platform/platform.js';
import type { Log } from './log.js';

/*
 * What a hekafsd tells the service manager that started it, sd_notify(3): one datagram of NAME=VALUE lines at a time.
 * Started by hand there is nobody to tell, and everything here does nothing.
 */

/** Sends one datagram; throws where it cannot. */
export type SendNotice = (text: string) => void;

/** A receiver whose queue is full gets what matters again so often, this long apart. */
const TRIES = 20;
const RETRY_MS = 100;

export class ServiceManager {
  private statusText = '';
  private isTroubled = false;

  constructor(
    private readonly send: SendNotice | undefined,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The service does its work. */
  ready(status: string): void {
    this.statusText = status;
    this.surely(`READY=1\n${statusLine(status)}`);
  }

  /** How it is, in one line; told when it is another one than before. */
  status(text: string): void {
    if (text === this.statusText) return;
    this.statusText = text;
    this.once(statusLine(text));
  }

  /** It reads its configuration again; `ready` follows. */
  reloading(monotonicUsec: bigint): void {
    this.surely(`RELOADING=1\nMONOTONIC_USEC=${monotonicUsec}`);
  }

  stopping(): void {
    this.surely('STOPPING=1\nSTATUS=stopping');
  }

  /** It is alive; without this for the time that the manager allows, it is killed and started again. */
  alive(): void {
    this.once('WATCHDOG=1');
  }

  private surely(text: string, tries = TRIES): void {
    if (this.once(text) || tries <= 1) return;
    this.clock.after(RETRY_MS, () => this.surely(text, tries - 1));
  }

  private once(text: string): boolean {
    try {
      this.send?.(text);
      this.isTroubled = false;
      return true;
    } catch (error) {
      if (!this.isTroubled)
        this.log.warn('the service manager cannot be told', {
          error: String(error),
          next: 'is the socket that NOTIFY_SOCKET names there?',
        });
      this.isTroubled = true;
      return false;
    }
  }
}

/** A value ends with its line. */
function statusLine(text: string): string {
  return `STATUS=${text.replaceAll(/\p{Cc}+/gu, ' ')}`;
}

/** What the manager put into the environment. */
export interface ServiceEnvironment {
  /** Where to send notices; undefined: nobody wants any. */
  readonly socket: string | undefined;
  /** `alive` is to come at least this often, in milliseconds; undefined: nobody watches. */
  readonly watchdogMs: number | undefined;
}

/**
 * Takes the manager's variables out of the environment, so that no child mistakes them for its own. A watchdog that is
 * meant for another process (`WATCHDOG_PID`) is none.
 */
export function takeServiceEnvironment(
  environment: Record<string, string | undefined>,
  pid: number,
): ServiceEnvironment {
  const take = (name: string): string | undefined => {
    const value = environment[name];
    Reflect.deleteProperty(environment, name);
    return value === '' ? undefined : value;
  };
  const socket = take('NOTIFY_SOCKET');
  const usec = Number(take('WATCHDOG_USEC'));
  const watched = take('WATCHDOG_PID');
  const isMine = watched === undefined || watched === String(pid);
  const isWatched = isMine && Number.isSafeInteger(usec) && usec > 0;
  return { socket, watchdogMs: isWatched ? usec / 1000 : undefined };
}
