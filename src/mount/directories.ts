import { type Gfid, ROOT_GFID } from '../fop/gfid.js';
import type { ByteString } from '../fop/name.js';

const MAX_REMEMBERED = 4096;

/**
 * The gfids of directories by path, the one learned first forgotten first. Right only while nobody else renames or
 * removes directories: whoever shares a volume with other writers does without.
 */
export class Directories {
  private readonly gfids = new Map<string, Gfid>();

  /** The deepest known directory on the way to `names`, and how many of them lead to it. */
  nearest(names: readonly ByteString[]): { readonly gfid: Gfid; readonly depth: number } {
    for (let depth = names.length; depth > 0; depth -= 1) {
      const gfid = this.gfids.get(names.slice(0, depth).join('/'));
      if (gfid !== undefined) return { gfid, depth };
    }
    return { gfid: ROOT_GFID, depth: 0 };
  }

  learn(names: readonly ByteString[], gfid: Gfid): void {
    if (this.gfids.size >= MAX_REMEMBERED) this.forgetFirst();
    this.gfids.set(names.join('/'), gfid);
  }

  /** The whole branch: all that begins with this path's first component. */
  forget(names: readonly ByteString[]): void {
    const branch = names[0] ?? '';
    for (const known of this.gfids.keys())
      if (known === branch || known.startsWith(`${branch}/`)) this.gfids.delete(known);
  }

  private forgetFirst(): void {
    const first = this.gfids.keys().next();
    if (!first.done) this.gfids.delete(first.value);
  }
}
