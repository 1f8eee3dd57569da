import { type Dict, dictBytes } from '../../../fop/dict.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, gfidFromBytes, NULL_GFID } from '../../../fop/gfid.js';
import { type Iatt, isDirectory, isRegular } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Born } from './bookkeeping.js';
import type { Chooser } from './chooser.js';
import type { DataSessions } from './data-sessions.js';
import type { Examiner } from './examiner.js';
import type { Lockee } from './locking.js';
import type { OpenFds } from './open-fds.js';
import { NO_MARKS } from './pending.js';
import type { Replica } from './replica.js';
import type { Answers, Plan, Transactions } from './transaction.js';

type Making = 'mknod' | 'mkdir' | 'symlink' | 'create' | 'put';

/** The fops that change names. */
export class EntryFops {
  readonly handlers: Handlers = {
    mknod: (request, frame) => this.make('mknod', request, frame),
    mkdir: (request, frame) => this.make('mkdir', request, frame),
    symlink: (request, frame) => this.make('symlink', request, frame),
    create: (request, frame) => this.create(request, frame),
    put: (request, frame) => this.put(request, frame),
    link: (request, frame) => this.link(request, frame),
    unlink: (request, frame) => this.unlink(request, frame),
    rmdir: (request, frame) => this.rmdir(request, frame),
    rename: (request, frame) => this.rename(request, frame),
  };

  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
    private readonly examiner: Examiner,
    private readonly transactions: Transactions,
    private readonly sessions: DataSessions,
    private readonly chooser: Chooser,
  ) {}

  private async make<F extends Making>(
    fop: F,
    request: Request<F>,
    frame: Frame,
    more?: () => Promise<readonly Lockee[]>,
  ): Promise<Reply<F>> {
    return this.chosen(request, await this.making(fop, request, frame, more));
  }

  private making<F extends Making>(
    fop: F,
    request: Request<F>,
    frame: Frame,
    more?: () => Promise<readonly Lockee[]>,
  ): Promise<Answers<Reply<F>>> {
    const statOf = (reply: Reply<F>): Iatt => (reply as Reply<'mknod'>).stat;
    const { pargfid, bname } = request as Request<'mknod'>;
    return this.transactions.run(
      {
        ...inDirectory(pargfid, bname),
        ...(more ? { more } : {}),
        wind: (child) => this.replica.windTo(child, fop, request, frame),
        inodeOf: (reply) => statOf(reply).gfid,
        born: (reply) => bornAs(statOf(reply), this.replica.settings.isGranular),
      },
      frame,
    );
  }

  /** The answer that is told; an inode that is everywhere needs no look later. */
  private chosen<R>({ xdata }: { readonly xdata: Dict }, answers: Answers<R>): R {
    const { stat } = (answers.replies[0]?.reply ?? {}) as { stat?: Iatt };
    const gfid = stat?.gfid ?? NULL_GFID;
    const children = answers.replies.map(({ child }) => child);
    if (answers.isEverywhere && stat && gfid === wantedGfid(xdata))
      this.chooser.made(gfid, isDirectory(stat), children);
    return this.chooser.choose(answers, gfid);
  }

  private async create(request: Request<'create'>, frame: Frame): Promise<Reply<'create'>> {
    const answers = await this.making('create', request, frame);
    const reply = this.chosen(request, answers);
    request.fd.opened(reply.stat.gfid);
    const children = answers.replies.map(({ child }) => child);
    this.fds.opened('open', request.fd, children);
    return reply;
  }

  /** It replaces the bytes of a file that is there: who writes it is waited for. */
  private async put(request: Request<'put'>, frame: Frame): Promise<Reply<'put'>> {
    const { pargfid, bname } = request;
    const found = await this.lookAt(pargfid, bname, frame);
    const there = found.find(isRegular);
    if (there !== undefined) await this.sessions.end(there.gfid);
    const lockee = there && ({ kind: 'inode', gfid: there.gfid, start: 0n } as const);
    const reply = await this.make('put', request, frame, async () => (lockee ? [lockee] : []));
    this.examiner.forget(reply.stat.gfid);
    return reply;
  }

  private async link(request: Request<'link'>, frame: Frame): Promise<Reply<'link'>> {
    const { newpargfid, newbname, gfid } = request;
    const plan: Plan<Reply<'link'>> = {
      ...inDirectory(newpargfid, newbname),
      wind: (child) => this.replica.windTo(child, 'link', request, frame),
      inodeOf: ({ stat }) => stat.gfid,
    };
    return this.chooser.choose(await this.transactions.run(plan, frame), gfid);
  }

  private async unlink(request: Request<'unlink'>, frame: Frame): Promise<Reply<'unlink'>> {
    const { pargfid, bname } = request;
    const plan: Plan<Reply<'unlink'>> = {
      ...inDirectory(pargfid, bname),
      wind: (child) => this.replica.windTo(child, 'unlink', request, frame),
    };
    return this.chooser.choose(await this.transactions.run(plan, frame), pargfid);
  }

  /** Nobody may make anything in it meanwhile: all its names are locked too. */
  private async rmdir(request: Request<'rmdir'>, frame: Frame): Promise<Reply<'rmdir'>> {
    const { pargfid, bname } = request;
    const plan: Plan<Reply<'rmdir'>> = {
      ...inDirectory(pargfid, bname),
      more: () => this.allNamesOf(pargfid, bname, frame),
      wind: (child) => this.replica.windTo(child, 'rmdir', request, frame),
    };
    return this.chooser.choose(await this.transactions.run(plan, frame), pargfid);
  }

  private async rename(request: Request<'rename'>, frame: Frame): Promise<Reply<'rename'>> {
    const { oldpargfid, oldbname, newpargfid, newbname } = request;
    const old: Lockee = { kind: 'entry', gfid: oldpargfid, name: oldbname };
    const fresh: Lockee = { kind: 'entry', gfid: newpargfid, name: newbname };
    const isSame = oldpargfid === newpargfid && oldbname === newbname;
    const plan: Plan<Reply<'rename'>> = {
      kind: 'entry',
      marked: [
        { gfid: oldpargfid, name: oldbname },
        { gfid: newpargfid, name: newbname },
      ],
      lockees: isSame ? [old] : [old, fresh],
      more: () => this.allNamesOf(newpargfid, newbname, frame),
      wind: (child) => this.replica.windTo(child, 'rename', request, frame),
      inodeOf: ({ stat }) => stat.gfid,
    };
    const answers = await this.transactions.run(plan, frame);
    const gfid = answers.replies[0]?.reply.stat.gfid ?? NULL_GFID;
    return this.chooser.choose(answers, gfid);
  }

  private async allNamesOf(
    pargfid: Gfid,
    bname: ByteString,
    frame: Frame,
  ): Promise<readonly Lockee[]> {
    const found = await this.lookAt(pargfid, bname, frame);
    const directories = new Set(found.filter(isDirectory).map(({ gfid }) => gfid));
    return [...directories].map((gfid) => ({ kind: 'entry', gfid, name: undefined }));
  }

  /** What a name is wherever it is something. */
  private async lookAt(pargfid: Gfid, bname: ByteString, frame: Frame): Promise<readonly Iatt[]> {
    const { up } = this.replica.children;
    const request = { gfid: NULL_GFID, pargfid, bname, xdata: null };
    const outcomes = await this.replica.windAll(up, 'lookup', request, frame);
    return outcomes.flatMap(({ outcome }) => ('reply' in outcome ? [outcome.reply.stat] : []));
  }
}

function inDirectory(
  gfid: Gfid,
  name: ByteString,
): Pick<Plan<unknown>, 'kind' | 'marked' | 'lockees'> {
  return { kind: 'entry', marked: [{ gfid, name }], lockees: [{ kind: 'entry', gfid, name }] };
}

/**
 * What those have missed of a new inode that have not made it (engine reference, B.1). Data of a directory stand for all of its names:
 * none of them is noted one by one.
 */
function bornAs(stat: Iatt, isGranular: boolean): Born {
  const { gfid } = stat;
  const marks = { ...NO_MARKS, metadata: 1 };
  if (isDirectory(stat))
    return { gfid, marks: { data: isGranular ? 1 : 0, metadata: 1, entry: 1 } };
  return { gfid, marks: isRegular(stat) ? { ...marks, data: 1 } : marks };
}

/** The gfid that a new inode was to have: who has it was made by this fop. */
function wantedGfid(xdata: Dict): Gfid | undefined {
  const value = xdata?.get('gfid-req');
  if (value?.type === 'gfid') return value.gfid;
  const bytes = dictBytes(xdata, 'gfid-req');
  return bytes?.length === 16 ? gfidFromBytes(bytes) : undefined;
}
