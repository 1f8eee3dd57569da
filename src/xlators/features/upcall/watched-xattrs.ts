import type { Dict } from '../../../fop/dict.js';
import type { FopName, Request } from '../../../fop/fops.js';

/** Names that clients keep are few; who registers more hears of all. */
const MAX_NAMES = 256;
const MAX_NAME_BYTES = 255;

/** The extended attributes that clients keep, as they have said; a `*` at the end of a name is any text. */
export class WatchedXattrs {
  private readonly names = new Set<string>();
  private readonly prefixes = new Set<string>();

  register(dict: Dict): void {
    for (const name of dict?.keys() ?? []) {
      const isUsual = name.length <= MAX_NAME_BYTES && this.count < MAX_NAMES;
      if (!isUsual) this.prefixes.add('');
      else if (name.endsWith('*')) this.prefixes.add(name.slice(0, -1));
      else this.names.add(name);
    }
  }

  /** Does a fop on attributes change one that clients keep? True for fops on anything else. */
  concerns<F extends FopName>(fop: F, request: Request<F>): boolean {
    const names = changedNames(fop, request);
    return names === undefined || names.some((name) => this.has(name));
  }

  private get count(): number {
    return this.names.size + this.prefixes.size;
  }

  private has(name: string): boolean {
    if (this.names.has(name)) return true;
    for (const prefix of this.prefixes) if (name.startsWith(prefix)) return true;
    return false;
  }
}

/** The names that a fop sets or removes; undefined where it does neither. */
function changedNames<F extends FopName>(
  fop: F,
  request: Request<F>,
): readonly string[] | undefined {
  switch (fop) {
    case 'setxattr':
    case 'fsetxattr':
    case 'xattrop':
    case 'fxattrop':
      return 'dict' in request ? [...(request.dict?.keys() ?? [])] : [];
    case 'removexattr':
    case 'fremovexattr':
      return 'name' in request && request.name
        ? [request.name]
        : [...(request.xdata?.keys() ?? [])];
    default:
      return undefined;
  }
}
