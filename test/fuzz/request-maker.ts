import { FOP_NAMES, type FopName } from '../../src/fop/fops.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import {
  AUTH_GLUSTERFS_V2,
  AUTH_GLUSTERFS_V3,
  encodeCredential,
} from '../../src/rpc/credentials.js';
import { FOP_TABLE } from '../../src/rpc/fop-table.js';
import { writeCallHeader } from '../../src/rpc/message.js';
import { FOP_PROGRAM } from '../../src/rpc/programs.js';
import { Writer } from '../../src/rpc/xdr.js';
import type { SimRandom } from '../sim/random.js';
import { DictMaker } from './dict-maker.js';

/*
 * Calls that are well formed, most of them about files that exist, made field by field from the table of fops: it says
 * what the fields are, the encoders under test are not asked.
 */

const NAMES = ['a', 'b', 'c', 'd', 'e', 'sub', 'link', 'sock', 'n'.repeat(255)];
const ODD_NAMES = ['', '.', '..', 'a/b', '../a', 'x\0y', 'n'.repeat(256), '.glusterfs', '\xff\xfe'];
/** Where numbers turn: zero, signs, page and record sizes, the ends of 31, 32, 53 and 63 bits. */
const NUMBERS = [
  0n,
  1n,
  2n,
  7n,
  511n,
  0o644n,
  0o40755n,
  4095n,
  4096n,
  65_536n,
  131_072n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
];
const FLAGS = [0, 1, 2, 0o100, 0o102, 0o1000, 0o2000, 0o4000, 0o10000, 0o200000, 0o4010000];
const ANONYMOUS = 0xffff_ffff_ffff_fffen;

export class RequestMaker {
  private readonly dicts: DictMaker;
  private xid = 1;

  constructor(
    private readonly random: SimRandom,
    /** Of files that exist. */
    private readonly gfids: readonly Gfid[],
  ) {
    this.dicts = new DictMaker(random, gfids);
  }

  /** A whole record, without its marker. */
  call(fop: FopName = this.random.pick(FOP_NAMES)): Buffer {
    const writer = new Writer();
    this.xid = (this.xid + 1) >>> 0;
    const { number, request } = FOP_TABLE[fop];
    writeCallHeader(writer, this.xid, FOP_PROGRAM, number, this.credential());
    let payload: Buffer = Buffer.alloc(0);
    for (const field of request) {
      const kind = field.slice(field.indexOf(':') + 1);
      if (kind === 'length') payload = this.bytes(this.random.pick([0, 1, 512, 4096]));
      this.field(writer, kind, payload);
    }
    return Buffer.from(writer.finish().subarray(4));
  }

  private credential(): Buffer {
    const { random } = this;
    const groups = Array.from({ length: random.pick([0, 0, 1, 16, 85]) }, (_, index) => index);
    const id = random.pick([0, 0, 0, 1000, 0xffff_ffff]);
    const pid = random.pick([1, 4711, -1, -6, 0x7fff_ffff]);
    const frame = { pid, uid: id, gid: id, groups, lkOwner: random.pick(['owner', 'other', '']) };
    return encodeCredential(frame, random.pick([AUTH_GLUSTERFS_V2, AUTH_GLUSTERFS_V3]));
  }

  private field(writer: Writer, kind: string, payload: Buffer): void {
    switch (kind) {
      case 'u32':
      case 'i32':
      case 'flag32':
        writer.u32(Number(BigInt.asUintN(32, this.number())));
        break;
      case 'zero':
        writer.u32(0);
        break;
      case 'u64':
      case 'big':
      case 'flag64':
        writer.bigU64(this.number());
        break;
      case 'gfid':
      case 'fd-gfid':
        writer.gfid(this.gfid());
        break;
      case 'fd':
        writer.bigU64(this.random.chance(0.3) ? ANONYMOUS : BigInt(this.random.int(6)));
        break;
      case 'open-flags':
        writer.u32(this.random.pick(FLAGS));
        break;
      case 'length':
        writer.u32(payload.length);
        break;
      case 'payload':
        writer.raw(payload);
        break;
      default:
        this.longField(writer, kind);
    }
  }

  private longField(writer: Writer, kind: string): void {
    switch (kind) {
      case 'name':
      case 'text':
      case 'optional-text':
        writer.string(this.name());
        break;
      case 'opaque':
        writer.opaque(this.bytes(this.random.int(64)));
        break;
      case 'dict':
        this.dicts.write(writer);
        break;
      case 'iatt':
        writer.raw(this.bytes(148));
        break;
      case 'lease':
        writer.raw(this.bytes(28));
        break;
      case 'flock':
        this.flock(writer);
        break;
      case 'locks':
        this.locks(writer);
        break;
      default:
        // Kinds without bytes: the files that a server opens.
        if (!kind.startsWith('fd-')) throw new Error(`no bytes are known for a field ${kind}`);
    }
  }

  private locks(writer: Writer): void {
    for (let left = this.random.int(3); left > 0; left -= 1) {
      writer.u32(1);
      this.flock(writer);
      writer.string(this.name());
      writer.u32(this.random.int(4));
    }
    writer.u32(0);
  }

  private flock(writer: Writer): void {
    writer.u32(this.random.int(4));
    writer.u32(this.random.int(3));
    writer.bigU64(this.number());
    writer.bigU64(this.number());
    writer.u32(this.random.int(10));
    writer.string(this.random.pick(['owner', 'other', '', 'o'.repeat(2000)]));
  }

  private name(): string {
    return this.random.pick(this.random.chance(0.85) ? NAMES : ODD_NAMES);
  }

  private gfid(): Gfid {
    const { random } = this;
    if (random.chance(0.8)) return random.pick(this.gfids);
    return random.pick([ROOT_GFID, NULL_GFID, 'deadbeef-0000-4000-8000-00000000dead']);
  }

  /** Small ones often: most requests are to get further than their first check. */
  private number(): bigint {
    if (this.random.chance(0.6)) return BigInt(this.random.int(3));
    return this.random.pick(NUMBERS);
  }

  private bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.int(256)));
  }
}
