import type { Acceptor } from '../../src/config/log/acceptor.js';
import { decodeEntry, entryLength, type LogHeader } from '../../src/config/log/entry.js';
import type { Fabric } from './fabric.js';
import { PeerCall } from './peer-call.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';

const SYNC_MS = 0.3;

/**
 * One acceptor's file on a machine's disk: appends are ordered, a sync makes everything before it durable, and a power
 * cut takes from what is not synced whatever it likes: entries vanish singly, or are torn.
 */
export class SimLogFile {
  private pieces: { bytes: Buffer; isSynced: boolean }[] = [];

  constructor(first: Buffer) {
    this.pieces.push({ bytes: first, isSynced: true });
  }

  get size(): number {
    return this.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  append(bytes: Buffer): number {
    this.pieces.push({ bytes, isSynced: false });
    return this.size;
  }

  sync(): void {
    if (this.pieces.every(({ isSynced }) => isSynced)) return;
    this.pieces = [{ bytes: this.content(), isSynced: true }];
  }

  content(): Buffer {
    return Buffer.concat(this.pieces.map(({ bytes }) => bytes));
  }

  /** The disk is given back what it held on an earlier day. */
  rollBack(content: Buffer): void {
    this.pieces = [{ bytes: content, isSynced: true }];
  }

  crash(random: SimRandom): void {
    this.pieces = this.pieces.flatMap(({ bytes, isSynced }) => {
      if (isSynced || random.chance(0.3)) return [{ bytes, isSynced: true }];
      if (random.chance(0.5)) return [];
      return [{ bytes: bytes.subarray(0, random.int(bytes.length)), isSynced: true }];
    });
  }
}

/** A brick process that serves one log file. */
export interface LogServer {
  readonly process: SimProcess;
  readonly file: SimLogFile;
}

/** An acceptor over the simulated network, with all that connections do: late landings, silence, resets. */
export class SimLogAcceptor implements Acceptor {
  private session: LogServer | undefined;
  private expected = 0;

  constructor(
    private readonly fabric: Fabric,
    private readonly caller: SimProcess,
    private readonly address: string,
    private readonly find: () => LogServer | undefined,
    /** Both true, but where a test breaks the protocol on purpose. */
    private readonly honesty = { isSyncing: true, tellsSize: true },
    private readonly timeoutMs = 2000,
  ) {}

  async open(): Promise<LogHeader> {
    this.session = undefined;
    const server = await this.ask('open', this.find, async (found) => found);
    const bytes = server.file.content();
    this.session = server;
    const entry = decodeEntry(bytes, 0, entryLength(bytes, 0) ?? 0);
    if (entry.body.kind !== 'header') throw new Error('no header');
    return entry.body.header;
  }

  append(bytes: Buffer): Promise<number> {
    const sent = Buffer.from(bytes);
    this.expected += bytes.length;
    const told = this.expected;
    return this.ask('append', this.bound(), async ({ process, file }) => {
      const size = file.append(sent);
      if (!this.honesty.isSyncing) return size;
      await new Promise<void>((resolve) => void process.clock.after(SYNC_MS, resolve));
      file.sync();
      return this.honesty.tellsSize ? size : told;
    });
  }

  read(offset: number, length: number): Promise<Buffer> {
    return this.ask('read', this.bound(), async ({ file }) =>
      Buffer.from(file.content().subarray(offset, offset + length)),
    );
  }

  size(): Promise<number> {
    return this.ask('size', this.bound(), async ({ file }) => {
      this.expected = file.size;
      return file.size;
    });
  }

  close(): void {
    this.session = undefined;
  }

  /** Calls go to the very process that opened the file, or nowhere. */
  private bound(): () => LogServer | undefined {
    const { session } = this;
    return () => (session?.process.isAlive ? session : undefined);
  }

  private ask<T>(
    what: string,
    find: () => LogServer | undefined,
    answer: (server: LogServer) => Promise<T>,
  ): Promise<T> {
    const responder = () => {
      const server = find();
      return server && { process: server.process, answer: () => answer(server) };
    };
    return new Promise((resolve, reject) => {
      new PeerCall(this.fabric, this.caller, this.address, what, responder, resolve, reject).start(
        this.timeoutMs,
      );
    });
  }
}
