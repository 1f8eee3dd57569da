import type { Dict } from '../../../fop/dict.js';
import type { ByteString } from '../../../fop/name.js';

/** Names that clients keep are few; who registers more hears of all. */
const MAX_NAMES = 256;
const MAX_NAME_BYTES = 255;

/** The extended attributes that clients keep, as they have said; a `*` at the end of a name is any text. */
export class WatchedXattrs {
  private readonly names = new Set<ByteString>();
  private readonly prefixes = new Set<ByteString>();

  register(dict: Dict): void {
    for (const name of dict?.keys() ?? []) {
      const isUsual = name.length <= MAX_NAME_BYTES && this.count < MAX_NAMES;
      if (!isUsual) this.prefixes.add('');
      else if (name.endsWith('*')) this.prefixes.add(name.slice(0, -1));
      else this.names.add(name);
    }
  }

  has(name: ByteString): boolean {
    if (this.names.has(name)) return true;
    for (const prefix of this.prefixes) if (name.startsWith(prefix)) return true;
    return false;
  }

  /** Those of them that clients keep. */
  of(xattrs: ReadonlyMap<ByteString, Buffer>): ReadonlyMap<ByteString, Buffer> {
    return new Map([...xattrs].filter(([name]) => this.has(name)));
  }

  private get count(): number {
    return this.names.size + this.prefixes.size;
  }
}
