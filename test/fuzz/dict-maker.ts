import type { Dict, DictValue } from '../../src/fop/dict.js';
import type { Gfid } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { writeDict } from '../../src/rpc/dict.js';
import type { Writer } from '../../src/rpc/xdr.js';
import type { SimRandom } from '../sim/random.js';

/** Keys that translators look for, and some that nobody does. */
const KEYS = [
  'gfid-req',
  'user.x',
  'trusted.afr.dirty',
  'trusted.afr.test-client-0',
  'trusted.gfid',
  'trusted.glusterfs.volume-id',
  'trusted.glusterfs.mdata',
  'trusted.gfid2path.0123456789abcdef',
  'system.posix_acl_access',
  'system.posix_acl_default',
  'security.selinux',
  'glusterfs.xattrop_index_gfid',
  'glusterfs.xattrop-entry-create',
  'glusterfs.content',
  'glusterfs.open-fd-count',
  'glusterfs.inodelk-count',
  'glusterfs.inodelk-dom-count',
  'glusterfs.gfid2path',
  'link-count',
  'list-xattr',
  'umask',
  'mode',
  'batch-fsync',
  'GLUSTERFS_WRITE_IS_APPEND',
  'replica.split-brain-status',
  'k'.repeat(300),
];

/** Dicts as a client might send them, with values of every type, mostly of the wrong one. */
export class DictMaker {
  constructor(
    private readonly random: SimRandom,
    private readonly gfids: readonly Gfid[],
  ) {}

  write(writer: Writer): void {
    writeDict(writer, this.dict());
  }

  private dict(): Dict {
    const { random } = this;
    if (random.chance(0.3)) return null;
    const gfidReq = { type: 'gfid', gfid: this.newGfid() } as const;
    const pairs = new Map<string, DictValue>(random.chance(0.6) ? [['gfid-req', gfidReq]] : []);
    for (let left = random.int(4); left > 0; left -= 1) pairs.set(random.pick(KEYS), this.value());
    return pairs;
  }

  private newGfid(): Gfid {
    const { random } = this;
    if (random.chance(0.1)) return random.pick(this.gfids);
    return `feed${hex(random, 4)}-${hex(random, 4)}-4000-8000-${hex(random, 12)}`;
  }

  private value(): DictValue {
    const { random } = this;
    const bytes = Buffer.alloc(
      random.pick([0, 1, 4, 8, 12, 16, 57, 1024, 70_000]),
      random.int(256),
    );
    const number = BigInt(random.int(2 ** 31));
    return random.pick<DictValue>([
      { type: 'untyped', bytes },
      { type: 'bytes', bytes },
      { type: 'int', int: -number },
      { type: 'uint', uint: number },
      { type: 'double', double: random.float() },
      { type: 'string', text: random.pick(['', 'x', '../..', 'y'.repeat(5000)]) },
      { type: 'gfid', gfid: this.newGfid() },
      { type: 'iatt', iatt: NO_IATT },
    ]);
  }
}

function hex(random: SimRandom, digits: number): string {
  return Array.from({ length: digits }, () => random.int(16).toString(16)).join('');
}
