import { type Dict, NO_DICT } from '../fop/dict.js';
import { FopError, isErrno } from '../fop/error.js';
import type { FopName, Reply, Request } from '../fop/fops.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../fop/gfid.js';
import { isDirectory } from '../fop/iatt.js';
import type { ByteString } from '../fop/name.js';
import type { Directories } from './directories.js';

/** A translator and the frame that its fops are wound with. */
export type Wind = <F extends FopName>(fop: F, request: Request<F>) => Promise<Reply<F>>;

/** Looks paths up, component by component. ENOENT where one is missing, ENOTDIR where one is no directory. */
export class Walk {
  constructor(
    private readonly wind: Wind,
    /** Undefined where nothing may be remembered. */
    readonly directories: Directories | undefined,
  ) {}

  async lookup(names: readonly ByteString[], xdata: Dict = NO_DICT): Promise<Reply<'lookup'>> {
    const bname = names.at(-1);
    if (bname === undefined)
      return this.wind('lookup', { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata });
    return this.inDirectory(names.slice(0, -1), (pargfid) =>
      this.wind('lookup', { gfid: NULL_GFID, pargfid, bname, xdata }),
    );
  }

  /**
   * Runs `act` with the gfid of a directory. One that was remembered wrongly shows as ESTALE or ENOENT; then it is
   * looked up afresh, and `act` runs once more if that finds another one.
   */
  async inDirectory<Answer>(
    names: readonly ByteString[],
    act: (gfid: Gfid) => Promise<Answer>,
  ): Promise<Answer> {
    const gfid = await this.directory(names);
    try {
      return await act(gfid);
    } catch (error) {
      if (!this.directories || !isErrno(error, 'ESTALE', 'ENOENT')) throw error;
      this.directories.forget(names);
      const fresh = await this.directory(names);
      if (fresh === gfid) throw error;
      return act(fresh);
    }
  }

  private async directory(names: readonly ByteString[]): Promise<Gfid> {
    let { gfid, depth } = this.directories?.nearest(names) ?? { gfid: ROOT_GFID, depth: 0 };
    for (; depth < names.length; depth += 1) {
      const bname = names[depth] ?? '';
      const request = { gfid: NULL_GFID, pargfid: gfid, bname, xdata: NO_DICT };
      const { stat } = await this.wind('lookup', request);
      if (!isDirectory(stat)) throw new FopError('ENOTDIR', 'path');
      gfid = stat.gfid;
      this.directories?.learn(names.slice(0, depth + 1), gfid);
    }
    return gfid;
  }
}
