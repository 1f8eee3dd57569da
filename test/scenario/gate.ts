import assert from 'node:assert/strict';
import { type ErrnoName, FopError } from '../../src/fop/error.js';
import type { Fd } from '../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../src/fop/fops.js';
import type { Client, Frame } from '../../src/fop/frame.js';
import type { Gfid } from '../../src/fop/gfid.js';
import type { Iatt } from '../../src/fop/iatt.js';
import {
  type Handlers,
  type Notice,
  PassThrough,
  type Translator,
} from '../../src/fop/translator.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';

/** What a connection is to a brick: it can be cut, and fds that were opened before a cut are lost after it. */
export class Gate extends PassThrough {
  readonly type = 'test/gate';

  constructor(
    name: string,
    brick: Translator,
    private readonly of: string,
  ) {
    super(name, brick);
  }

  protected readonly handlers: Handlers = {};
  /** The fops that reached the brick. */
  readonly seen: FopName[] = [];
  readonly failures = new Map<FopName, ErrnoName>();
  isUp = true;
  /** Nothing is heard of it, as of a host that does not answer. */
  isSilent = false;
  /** Its listings have cookies of their own, as those of another file system. */
  turnsCookies = false;
  /** What it answers is about this inode, whatever was asked: a handle that leads elsewhere. */
  impostor: Gfid | undefined;
  private connection = 0;
  /** Called with each fop; what it throws is the answer. */
  before: ((fop: FopName) => void) | undefined;
  /** Done when the next fop of this name comes. */
  readonly once = new Map<FopName, () => void>();
  private readonly openedOver = new WeakMap<Fd, number>();

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (!this.isUp) throw new FopError('ENOTCONN', this.name);
    this.before?.(fop);
    this.seen.push(fop);
    const errno = this.failures.get(fop);
    if (errno) throw new FopError(errno, this.name);
    const act = this.once.get(fop);
    this.once.delete(fop);
    act?.();
    if (!this.isUp) throw new FopError('ENOTCONN', this.name);
    const fd = 'fd' in request ? request.fd : undefined;
    const isOpening = fop === 'open' || fop === 'opendir' || fop === 'create';
    if (fd && !fd.isAnonymous && !isOpening && this.openedOver.get(fd) !== this.connection)
      throw new FopError('EBADF', this.name);
    const turns = fop === 'readdir' && this.turnsCookies;
    const asked = turns
      ? { ...request, offset: turned((request as Request<'readdir'>).offset) }
      : request;
    const reply = await this.child.wind(fop, asked, { ...frame, client: this.client });
    if (fd && isOpening) this.openedOver.set(fd, this.connection);
    if (this.impostor !== undefined && 'stat' in reply)
      return { ...reply, stat: { ...(reply.stat as Iatt), gfid: this.impostor } };
    return turns ? turnedEntries(reply) : reply;
  }

  /** Which client of the brick it is: with each connection another one. */
  private get client(): Client {
    const { name, connection } = this;
    return { id: `${this.of}-${name}-${connection}`, address: name };
  }

  override async start(): Promise<void> {
    if (this.isUp && !this.isSilent) this.tell({ event: 'child-up', from: this });
  }

  protected override heard(notice: Notice): void {
    if (notice.event === 'log') super.heard(notice);
    if (notice.event === 'upcall' && notice.client === this.client.id && this.isUp)
      super.heard(notice);
  }

  /** As the brick does it for a client that is gone. */
  dropLocks(): void {
    this.child.clientGone(this.client);
  }

  down(): void {
    this.isUp = false;
    this.dropLocks();
    this.connection += 1;
    this.tell({ event: 'child-down', from: this, why: 'cut' });
  }

  up(): void {
    this.isUp = true;
    this.tell({ event: 'child-up', from: this });
  }

  refuse(): void {
    this.isUp = false;
    this.tell({ event: 'auth-failed', from: this, why: 'a wrong password' });
  }
}

/** Another cookie for each, and the same one back; 0 is the beginning everywhere. */
function turned(cookie: bigint): bigint {
  return cookie === 0n ? 0n : (1n << 55n) - cookie;
}

function turnedEntries<R extends object>(reply: R): R {
  const { entries } = reply as Reply<'readdir'>;
  const turn = entries.map((entry) => ({ ...entry, offset: turned(entry.offset) }));
  return { ...reply, entries: turn };
}

/** A gate to the volume below it. */
export const GATE: TranslatorSpec = {
  type: 'test/gate',
  children: { min: 1, max: 1 },
  options: [],
  create: ({ name, children }) => {
    const [child] = children;
    assert.ok(child);
    return new Gate(name, child, 'lab');
  },
};

/** Gates to bricks of other graphs, by their names. */
export function gateTo(bricks: ReadonlyMap<string, Translator>, of: string): TranslatorSpec {
  return {
    type: 'test/gate',
    children: { min: 0, max: 0 },
    options: [],
    create: ({ name }) => {
      const brick = bricks.get(name);
      assert.ok(brick);
      return new Gate(name, brick, of);
    },
  };
}
