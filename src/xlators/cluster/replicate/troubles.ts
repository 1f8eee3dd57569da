import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { readable } from '../../../fop/name.js';
import { isReadable, type JudgedCopies } from './copies.js';
import type { Replica } from './replica.js';

/** So many files are named one by one; a log is no list. */
const MAX_TOLD = 1000;

/** Tells the log of copies that are avoided or contradict each other: a child once for each time it came up, a file once. */
export class Troubles {
  private readonly told = new Set<string>();
  private generation = -1;
  private readonly avoided = new Set<number>();

  constructor(private readonly replica: Replica) {}

  judged(gfid: Gfid, { copies, avoided }: JudgedCopies): void {
    for (const { child, why } of avoided) this.avoids(child, gfid, why);
    if (isReadable(copies) || copies.isOnlyArbiter) return;
    const accused = avoided.map(({ child, why }) => `${this.nameOf(child)}: ${why}`);
    this.once(`split ${gfid}`, 'split-brain: no copy that is up is good', {
      gfid,
      errno: 'EIO, input/output error',
      why: accused.join('; '),
    });
  }

  /** One name, several inodes, and nothing that tells which is right. */
  mismatch(
    pargfid: Gfid,
    bname: ByteString,
    answers: readonly { readonly child: number; readonly gfid: Gfid }[],
  ): void {
    this.once(`name ${pargfid}/${bname}`, 'split-brain: one name stands for several files', {
      pargfid,
      name: readable(bname),
      errno: 'EIO, input/output error',
      why: answers.map(({ child, gfid }) => `${this.nameOf(child)}: ${gfid}`).join('; '),
    });
  }

  private avoids(child: number, gfid: Gfid, why: string): void {
    const { generation, up } = this.replica.children;
    if (!up.includes(child)) return;
    if (generation !== this.generation) this.avoided.clear();
    this.generation = generation;
    if (this.avoided.has(child)) return;
    this.avoided.add(child);
    this.replica.tell(
      'warn',
      'a subvolume lags behind; its good files are read, others elsewhere',
      {
        subvolume: this.nameOf(child),
        gfid,
        why,
        next: 'nothing is lost; the copies differ until they are healed',
      },
    );
  }

  private once(key: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.told.has(key) || this.told.size >= MAX_TOLD) return;
    this.told.add(key);
    const next = 'bring all subvolumes up; if it stays so, compare the copies on the bricks';
    this.replica.tell('error', message, { ...fields, next });
  }

  private nameOf(child: number): string {
    return this.replica.child(child).name;
  }
}
