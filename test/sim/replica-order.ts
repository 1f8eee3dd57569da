import { dictBytes } from '../../src/fop/dict.js';
import { FOP_KIND, type Request } from '../../src/fop/fops.js';
import type { Gfid } from '../../src/fop/gfid.js';
import { HEALER_PID } from '../../src/xlators/cluster/replicate/heal/session.js';
import type { Call } from './enumeration-lab.js';

const DIRTY = 'trusted.afr.dirty';
const ENTRYLK_UNLOCK = 1;

/**
 * What a brick can tell of the order of one client's calls, that no copy shows afterwards: bytes are synced before the mark goes
 * that they are being changed, and a name is locked while it changes and is marked.
 */
export class CallOrder {
  private readonly unsynced = new Set<Gfid>();
  private locks = 0;

  constructor(private readonly tell: (violation: string) => void) {}

  before(call: Call): void {
    const { fop, frame } = call;
    const isHealers = frame.pid === HEALER_PID;
    if (!isHealers && FOP_KIND[fop] === 'entry-write' && this.locks === 0)
      this.tell(`${fop} at b${call.child} without a lock`);
    if ((fop === 'fxattrop' || fop === 'xattrop') && !isHealers) this.marks(call);
  }

  after(call: Call): void {
    const { fop, request, frame } = call;
    const isHealers = frame.pid === HEALER_PID;
    if (fop === 'entrylk' && !isHealers && !this.isOfNotes(call))
      this.locks += (request as Request<'entrylk'>).cmd === ENTRYLK_UNLOCK ? -1 : 1;
    if (fop === 'writev' && !isHealers) this.unsynced.add((request as Request<'writev'>).fd.gfid);
    if (fop === 'fsync') this.unsynced.delete((request as Request<'fsync'>).fd.gfid);
  }

  /** The lock that shows that a client lives. */
  private isOfNotes({ request }: Call): boolean {
    return (request as Request<'entrylk'>).volume.endsWith(':names');
  }

  private marks({ fop, request, child }: Call): void {
    const { dict } = request as Request<'xattrop'>;
    const gfid =
      fop === 'xattrop'
        ? (request as Request<'xattrop'>).gfid
        : (request as Request<'fxattrop'>).fd.gfid;
    const dirty = dictBytes(dict, DIRTY);
    if ((dirty?.readInt32BE(0) ?? 0) < 0 && this.unsynced.has(gfid))
      this.tell(`the mark of bytes at b${child} goes before they are synced`);
    const names = [...(dict?.keys() ?? [])].filter((key) => dictBytes(dict, key)?.readInt32BE(8));
    if (names.length > 0 && fop === 'xattrop' && this.locks === 0 && dirty?.readInt32BE(8))
      this.tell(`names are marked at b${child} without a lock`);
  }
}
