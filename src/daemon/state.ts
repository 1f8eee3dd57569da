import { createHash } from 'node:crypto';
import { Low } from 'lowdb';
import { ConfigError } from '../config/error.js';
import { FopError, isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { DurableFile, ignoreMissing, readWhole } from './durable-file.js';

/*
 * What a node keeps for itself, outside of the config filesystem: its identity, and what it recorded of others. On disk:
 *
 *   {"v":1,"sum":"<sha256 of the text of data>","data":{…}}
 *
 * written aside, synced and renamed over the old one; the generation before stays beside it as `.bak`.
 */
const VERSION = 1;

/** A node's local state: one small JSON document, on disk before anybody hears of a change. */
export class StateFile<State extends object> {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly low: Low<State>,
    /** Why the previous generation is in use, for a warning; undefined where nothing was wrong. */
    readonly recovery: string | undefined,
    /** True where there was no state yet. */
    readonly isNew: boolean,
    private durable: State,
  ) {}

  /**
   * Reads the state at `path`, or starts with `initial` where there is none. A damaged file is replaced
   * by the generation before, with `recovery` set. Throws HFS-5003 where neither can be read, or
   * where a newer version of the program wrote them.
   */
  static async open<State extends object>(
    disk: Disk,
    path: string,
    initial: State,
  ): Promise<StateFile<State>> {
    const { state, recovery } = readGenerations<State>(disk, path);
    const file = new DurableFile(disk, path);
    if (recovery !== undefined) await recover(disk, path, file, state);
    const adapter = {
      read: async () => state ?? null,
      write: (data: State) => file.replace(encodeState(data)),
    };
    const low = new Low<State>(adapter, initial);
    await low.read();
    // What a version before did not know of yet is as in a new one.
    low.data = { ...initial, ...low.data };
    return new StateFile(low, recovery, state === undefined, low.data);
  }

  /** The newest state that is on disk. */
  get data(): State {
    return this.durable;
  }

  /**
   * Replaces the state by what `change` makes of it, and settles when that is on disk. Changes happen one after the
   * other; each caller hears of its own write only. After a failure the state is as before.
   */
  update(change: (state: State) => State): Promise<void> {
    const turn = this.queue.then(() => this.write(change(this.durable)));
    this.queue = turn.catch(() => {});
    return turn;
  }

  private async write(next: State): Promise<void> {
    this.low.data = next;
    try {
      await this.low.write();
      this.durable = next;
    } catch (error) {
      this.low.data = this.durable;
      throw error;
    }
  }
}

/** The envelope around a state. */
export function encodeState(data: unknown): Buffer {
  const text = JSON.stringify(data);
  return Buffer.from(`{"v":${VERSION},"sum":"${sumOf(text)}","data":${text}}\n`);
}

/** Reads an envelope. Throws HFS-5003 for a newer version, and an Error that says what is wrong otherwise. */
export function decodeState(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new Error('it is empty');
  const parsed: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no envelope');
  const { v, sum, data } = parsed as { v?: unknown; sum?: unknown; data?: unknown };
  if (typeof v === 'number' && v > VERSION) throw newerVersion(v);
  if (v !== VERSION) throw new Error('it has no version');
  if (typeof data !== 'object' || data === null) throw new Error('it has no data');
  if (sum !== sumOf(JSON.stringify(data))) throw new Error('its checksum is wrong');
  return data;
}

/**
 * What cannot be read is kept, but not under this name: it would become the backup of the next write, and take the place of
 * the good one. A disk that does not let us do it is found out by that write.
 */
async function recover(disk: Disk, path: string, file: DurableFile, state: unknown): Promise<void> {
  try {
    ignoreMissing(() => disk.rename(byteString(path), byteString(freeName(disk, path))));
    await file.replace(encodeState(state));
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
  }
}

function freeName(disk: Disk, path: string): string {
  for (let count = 1; ; count++) {
    const name = `${path}.damaged-${count}`;
    try {
      disk.lstat(byteString(name));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return name;
      throw error;
    }
  }
}

interface Generations<State> {
  readonly state: State | undefined;
  readonly recovery: string | undefined;
}

function readGenerations<State>(disk: Disk, path: string): Generations<State> {
  const current = attempt<State>(disk, path);
  if (current.state !== undefined) return { state: current.state, recovery: undefined };
  const backup = attempt<State>(disk, `${path}.bak`);
  if (current.isMissing && backup.isMissing) return { state: undefined, recovery: undefined };
  if (backup.state === undefined) throw damaged(path, current.why, backup.why);
  const recovery = `${path}: ${current.why}; the generation before it is used`;
  return { state: backup.state, recovery };
}

interface Attempt<State> {
  readonly state: State | undefined;
  readonly isMissing: boolean;
  readonly why: string;
}

function attempt<State>(disk: Disk, path: string): Attempt<State> {
  try {
    const state = decodeState(readWhole(disk, byteString(path))) as State;
    return { state, isMissing: false, why: '' };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // Nothing is wrong with it: an older one must not take its place.
    if (isErrno(error, 'EACCES', 'EPERM')) throw forbidden(path, error);
    const isMissing = isErrno(error, 'ENOENT');
    const why = isMissing
      ? 'it is missing'
      : error instanceof Error
        ? error.message
        : String(error);
    return { state: undefined, isMissing, why };
  }
}

function sumOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function forbidden(path: string, cause: FopError): ConfigError {
  return new ConfigError(
    'HFS-5003',
    `${path} cannot be read`,
    `this user may not (${cause.errno})`,
    'give the state directory back to the user that runs hekafsd',
    cause,
  );
}

function newerVersion(version: number): ConfigError {
  const why = `a newer hekafsd wrote it: version ${version}, this one reads ${VERSION}`;
  return new ConfigError('HFS-5003', 'the state cannot be read', why, 'start the newer hekafsd');
}

function damaged(path: string, why: string, whyBackup: string): ConfigError {
  return new ConfigError(
    'HFS-5003',
    `${path} is damaged`,
    `${why}; and of the copy beside it: ${whyBackup}`,
    'put the file back from a backup, or move the state directory away and join again as a new node',
  );
}
