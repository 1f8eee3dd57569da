import { FopError } from '../../../fop/error.js';
import type { DirentPlus, FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../../fop/gfid.js';
import { type Iatt, isDirectory, NO_IATT } from '../../../fop/iatt.js';
import { type ByteString, MAX_NAME_BYTES } from '../../../fop/name.js';
import type { Translator } from '../../../fop/translator.js';
import type { Upcall } from '../../../fop/upcall.js';
import { FOP_TABLE } from '../../../rpc/fop-table.js';

/** What a client's fops are wound to. */
export type Export = Pick<Translator, 'name' | 'wind' | 'clientGone'>;

/**
 * The gfid of a directory below the root, found name by name on behalf of `frame`. Throws the FopError of the look-up, ENOTDIR for
 * another kind of file, EINVAL for a path that goes up.
 */
export async function findSubdirectory(
  exported: Translator,
  path: ByteString,
  frame: Frame,
): Promise<Gfid> {
  let at = ROOT_GFID;
  for (const bname of path.split('/')) {
    if (bname === '') continue;
    if (bname === '.' || bname === '..' || bname.length > MAX_NAME_BYTES)
      throw new FopError('EINVAL', exported.name);
    const request = { gfid: NULL_GFID, pargfid: at, bname, xdata: null };
    const { stat } = await exported.wind('lookup', request, frame);
    if (!isDirectory(stat)) throw new FopError('ENOTDIR', exported.name);
    at = stat.gfid;
  }
  return at;
}

/** An export as a client sees it whose root is one of its directories: that one goes by the name of the root, both ways. */
export function subdirectoryOf(exported: Translator, directory: Gfid): Export {
  return {
    name: exported.name,
    clientGone: (client) => exported.clientGone(client),
    wind: async (fop, request, frame) => {
      const reply = await exported.wind(fop, withDirectory(fop, request, directory), frame);
      return withRoot(fop, reply, directory);
    },
  };
}

/** The same of what a client is told unasked. */
export function upcallWithin(upcall: Upcall, directory: Gfid): Upcall {
  const gfid = upcall.gfid === directory ? ROOT_GFID : upcall.gfid;
  if (upcall.kind !== 'invalidate') return { ...upcall, gfid };
  const [stat, parent, oldParent] = [upcall.stat, upcall.parent, upcall.oldParent].map((iatt) =>
    iattWithin(iatt, directory),
  ) as [Iatt, Iatt, Iatt];
  return { ...upcall, gfid, stat, parent, oldParent };
}

function iattWithin(iatt: Iatt, directory: Gfid): Iatt {
  return iatt.gfid === directory ? { ...iatt, gfid: ROOT_GFID } : iatt;
}

function fieldsOf(fields: readonly string[], kind: string): readonly string[] {
  const pairs = fields.map((field) => field.split(':'));
  return pairs.filter(([, each]) => each === kind).map(([name]) => name ?? '');
}

function withDirectory<F extends FopName>(
  fop: F,
  request: Request<F>,
  directory: Gfid,
): Request<F> {
  const changed = new Map<string, Gfid>();
  const fields = request as Readonly<Record<string, unknown>>;
  for (const name of fieldsOf(FOP_TABLE[fop].request, 'gfid'))
    if (fields[name] === ROOT_GFID) changed.set(name, directory);
  return changed.size === 0 ? request : { ...request, ...Object.fromEntries(changed) };
}

function withRoot<F extends FopName>(fop: F, reply: Reply<F>, directory: Gfid): Reply<F> {
  const changed = new Map<string, unknown>();
  const fields = reply as Readonly<Record<string, unknown>>;
  for (const name of fieldsOf(FOP_TABLE[fop].reply, 'iatt')) {
    const iatt = fields[name] as Iatt;
    if (iatt.gfid === directory) changed.set(name, iattWithin(iatt, directory));
  }
  for (const name of fieldsOf(FOP_TABLE[fop].reply, 'dirents-plus'))
    changed.set(
      name,
      (fields[name] as readonly DirentPlus[]).map((entry) => direntWithin(entry, directory)),
    );
  return changed.size === 0 ? reply : { ...reply, ...Object.fromEntries(changed) };
}

/** What lies above is nobody's business. */
function direntWithin(entry: DirentPlus, directory: Gfid): DirentPlus {
  if (entry.name === '..') return { ...entry, stat: NO_IATT, dict: entry.dict && new Map() };
  return entry.stat.gfid === directory
    ? { ...entry, stat: iattWithin(entry.stat, directory) }
    : entry;
}
