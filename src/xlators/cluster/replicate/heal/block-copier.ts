import { FopError, isErrno } from '../../../../fop/error.js';
import type { Fd } from '../../../../fop/fd.js';
import type { Reply } from '../../../../fop/fops.js';
import type { HealSession } from './session.js';

/** GlusterFS compares and sends files in blocks of this size. */
export const BLOCK_BYTES = 128 * 1024;

/** A copy that is brought to the state of the source. */
export interface BlockSink {
  readonly child: number;
  /** Its size before the heal: beyond there is nothing but what the heal has written. */
  readonly oldSize: number;
  /** False for an arbiter. */
  readonly takesBytes: boolean;
  /** Called before its bytes change. */
  spoil(): Promise<void>;
}

/** Brings single blocks of a file from one subvolume to others. */
export class BlockCopier {
  constructor(
    private readonly session: HealSession,
    private readonly source: number,
    private readonly fd: Fd,
  ) {}

  /** Makes one block of the sinks that of the source; answers those where it failed. A source that fails throws. */
  async copy(
    offset: number,
    length: number,
    sinks: readonly BlockSink[],
    isLast: boolean,
  ): Promise<readonly number[]> {
    const failed: number[] = [];
    const differing = await this.differing(offset, length, sinks, failed);
    if (differing.length === 0) return failed;
    const { replica, frame } = this.session;
    const request = { fd: this.fd, offset, size: length, flags: 0, xdata: null };
    const { data: borrowed } = await replica.windTo(this.source, 'readv', request, frame);
    const data = Buffer.from(borrowed);
    const isZero = data.every((byte) => byte === 0);
    for (const sink of differing) {
      // What is beyond its old end reads as zeros already, as soon as the last block is there.
      if (data.length === 0 || (isZero && !isLast && offset >= sink.oldSize)) continue;
      if (!(await this.write(sink, offset, data))) failed.push(sink.child);
    }
    return failed;
  }

  /** Whether all sinks have the bytes of the source there, as far as one checksum of all of them tells. */
  async areSame(offset: number, length: number, sinks: readonly BlockSink[]): Promise<boolean> {
    if (!sinks.every((sink) => this.isCompared(sink, offset + length - 1))) return false;
    return (await this.differing(offset, length, sinks, [])).length === 0;
  }

  private async write(sink: BlockSink, offset: number, data: Buffer): Promise<boolean> {
    const { replica, frame, pace } = this.session;
    try {
      await sink.spoil();
      await pace.take(data.length);
      const request = { fd: this.fd, offset, flags: 0, data, xdata: null };
      await replica.windTo(sink.child, 'writev', request, frame);
      return true;
    } catch (error) {
      if (error instanceof FopError) return false;
      throw error;
    }
  }

  /** The sinks whose block is not that of the source; where checksums cannot be had, all of them. */
  private async differing(
    offset: number,
    length: number,
    sinks: readonly BlockSink[],
    failed: number[],
  ): Promise<readonly BlockSink[]> {
    const compared = sinks.filter((sink) => this.isCompared(sink, offset));
    if (compared.length === 0) return sinks;
    const [wanted, ...sums] = await Promise.all([
      this.sum(this.source, offset, length),
      ...compared.map(({ child }) => this.sum(child, offset, length)),
    ]);
    if (wanted instanceof FopError) return sinks;
    return sinks.filter((sink) => {
      const at = compared.indexOf(sink);
      const sum = sums[at];
      if (at === -1 || sum === undefined) return true;
      if (sum instanceof FopError) {
        if (!isUnsupported(sum)) failed.push(sink.child);
        return isUnsupported(sum);
      }
      return sum.weak !== wanted.weak || !sum.strong.equals(wanted.strong);
    });
  }

  private isCompared({ oldSize }: BlockSink, offset: number): boolean {
    const { algorithm } = this.session.settings;
    if (algorithm === 'full') return false;
    return algorithm === 'diff' ? oldSize > 0 : offset < oldSize;
  }

  private async sum(
    child: number,
    offset: number,
    len: number,
  ): Promise<Pick<Reply<'rchecksum'>, 'weak' | 'strong'> | FopError> {
    const { replica, frame } = this.session;
    const request = { fd: this.fd, offset, len, flags: 0, xdata: null };
    try {
      const { weak, strong } = await replica.windTo(child, 'rchecksum', request, frame);
      return { weak, strong: Buffer.from(strong) };
    } catch (error) {
      if (error instanceof FopError) return error;
      throw error;
    }
  }
}

function isUnsupported(error: FopError): boolean {
  return isErrno(error, 'EOPNOTSUPP', 'ENOSYS');
}
