import { isErrno } from '../fop/error.js';
import { type Frame, ROOT_FRAME } from '../fop/frame.js';
import { type Gfid, NULL_GFID } from '../fop/gfid.js';
import { type Iatt, isDirectory, isRegular, isSymlink } from '../fop/iatt.js';
import { readable } from '../fop/name.js';
import type { Volume } from '../mount/volume.js';
import { pathName } from '../mount/volume-path.js';
import type { DesiredValue } from './desired-values.js';
import { type Key, MAX_VALUE_BYTES } from './key.js';

/** What stands at a path of the values export. `isOurs`: with the marks that only the applier leaves. */
export interface FoundValue {
  readonly kind: 'value' | 'directory' | 'other';
  readonly gfid: Gfid;
  readonly mode: number;
  readonly size: number;
  /** The time that the export shows; a hand that writes into a file may leave it as it is. */
  readonly timeMs: number;
  readonly isOurs: boolean;
}

/** The values export as paths. Everything in it is written on behalf of root, at the commit's time. */
export class ValuesTree {
  constructor(private readonly volume: Volume) {}

  private at(timeMs: number): Volume {
    const time = { sec: Math.floor(timeMs / 1000), nsec: Math.round((timeMs % 1000) * 1e6) };
    const frame: Frame = { ...ROOT_FRAME, time };
    return this.volume.as(frame);
  }

  /** Everything below the root, parents before their children. */
  async *walk(prefix: Key = ''): AsyncGenerator<readonly [Key, FoundValue]> {
    for (const entry of await this.volume.list(prefix)) {
      const name = pathName(entry.name);
      const key = prefix === '' ? name : `${prefix}/${name}`;
      // A name without gfid was put there by hand.
      const isBare = entry.stat.gfid === NULL_GFID;
      const found = foundValue(isBare ? await this.volume.takeIn(key) : entry.stat);
      yield [key, found];
      if (found.kind === 'directory') yield* this.walk(key);
    }
  }

  /** Whatever stands there, however large a hand has made it; or EFBIG beyond `maxBytes`. */
  read(key: Key, maxBytes?: number): Promise<Buffer> {
    return this.volume.readFile(key, maxBytes);
  }

  /**
   * Whatever stands there that is no directory, as bytes: of a symlink its target, of other special files nothing. `what` says
   * which of them it is, for people; nothing for a file.
   */
  async readAny(key: Key, { kind, mode }: FoundValue): Promise<{ what: string; content: Buffer }> {
    if (kind === 'value') return { what: '', content: await this.read(key) };
    if (!isSymlink({ mode })) return { what: ', a special file', content: Buffer.alloc(0) };
    const target = await this.volume.readlink(key);
    return { what: `, a symlink to ${readable(target)}`, content: Buffer.from(target, 'latin1') };
  }

  /** True where the file at `key` holds exactly `value`. */
  async holds(key: Key, value: Buffer): Promise<boolean> {
    try {
      return (await this.volume.readFile(key, MAX_VALUE_BYTES)).equals(value);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ESTALE', 'EFBIG', 'EIO', 'EINVAL', 'EISDIR')) return false;
      throw error;
    }
  }

  async put(key: Key, { gfid, mode, value, timeMs }: DesiredValue): Promise<void> {
    await this.at(timeMs).writeFile(key, value, { gfid, mode });
  }

  async makeDirectory(key: Key, { gfid, mode, timeMs }: DesiredValue): Promise<void> {
    try {
      await this.at(timeMs).mkdir(key, { gfid, mode });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }

  async remove(key: Key, kind: FoundValue['kind']): Promise<void> {
    try {
      if (kind === 'directory') await this.volume.rmdir(key);
      else await this.volume.unlink(key);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ESTALE')) throw error;
    }
  }
}

function foundValue(stat: Iatt): FoundValue {
  const kind = isDirectory(stat) ? 'directory' : isRegular(stat) ? 'value' : 'other';
  const timeMs = stat.mtime * 1000 + Math.floor(stat.mtimeNsec / 1e6);
  const { gfid, mode, size } = stat;
  return { kind, gfid, mode, size, timeMs, isOurs: isOurs(stat) };
}

/** The applier's gfids are of version 5, and its times are whole milliseconds; a hand's are not. */
function isOurs(stat: Iatt): boolean {
  return stat.gfid.charAt(14) === '5' && (isDirectory(stat) || stat.mtimeNsec % 1_000_000 === 0);
}
