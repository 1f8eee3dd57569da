import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FopError } from '../../../src/fop/error.js';
import { Fd } from '../../../src/fop/fd.js';
import { FOP_NAMES, type FopName } from '../../../src/fop/fops.js';
import { codecOf, type FdNumbers, type FdTable, fopOfNumber } from '../../../src/rpc/codec.js';
import { RpcError } from '../../../src/rpc/error.js';
import { Reader, Writer } from '../../../src/rpc/xdr.js';
import { replyOf, requestOf } from './arbitraries.js';

const RUNS = { numRuns: 25, seed: 1 };

/** Hands out numbers as a connection does, and finds the same Fd by number again. */
class Numbers implements FdNumbers, FdTable {
  private readonly fds: Fd[] = [];

  numberOf(fd: Fd): number {
    return this.fds.push(fd) - 1;
  }

  find(number: number): Fd {
    const fd = this.fds[number];
    if (fd === undefined) throw new FopError('EBADF', 'test');
    return fd;
  }

  create(gfid: string, flags: number): Fd {
    return new Fd(gfid, flags);
  }
}

function request(fop: FopName, value: object, numbers: Numbers): Buffer {
  const writer = new Writer();
  const payload = codecOf(fop).encodeRequest(writer, value as never, numbers);
  return Buffer.concat([writer.finish(), payload ?? Buffer.alloc(0)]);
}

function reply(fop: FopName, value: object, fd = -1): Buffer {
  const writer = new Writer();
  const payload = codecOf(fop).encodeReply(writer, value as never, fd);
  return Buffer.concat([writer.finish(), payload ?? Buffer.alloc(0)]);
}

/** Opening fops come out with the Fd that the server is to fill. */
function withoutNewFd(fop: FopName, value: object): object {
  if (!['open', 'opendir', 'create'].includes(fop)) return value;
  const { fd, ...rest } = value as { fd?: unknown };
  assert.ok(fd instanceof Fd);
  return rest;
}

function isExpected(error: unknown): boolean {
  return error instanceof RpcError || error instanceof FopError;
}

describe('the codec of every fop', () => {
  it('has a number of its own', () => {
    const numbers = FOP_NAMES.map((fop) => codecOf(fop).number);
    assert.equal(new Set(numbers).size, FOP_NAMES.length);
    for (const fop of FOP_NAMES) assert.equal(fopOfNumber(codecOf(fop).number), fop);
    assert.equal(fopOfNumber(49), undefined);
    assert.equal(fopOfNumber(0), undefined);
  });

  for (const fop of FOP_NAMES) {
    it(`${fop}: a request comes out as it went in`, () => {
      const check = (value: object): void => {
        const numbers = new Numbers();
        const bytes = request(fop, value, numbers);
        const decoded = codecOf(fop).decodeRequest(new Reader(bytes), numbers);
        assert.deepStrictEqual(withoutNewFd(fop, decoded), { ...value });
      };
      fc.assert(fc.property(requestOf(fop), check), RUNS);
    });

    it(`${fop}: so does a reply`, () => {
      const check = (value: object, fd: number): void => {
        const decoded = codecOf(fop).decodeReply(new Reader(reply(fop, value, fd)), 'test');
        assert.deepStrictEqual({ ...decoded.reply }, { ...value });
        const opens = ['open', 'opendir', 'create'].includes(fop);
        assert.equal(decoded.fd, opens ? fd : -1);
      };
      fc.assert(fc.property(replyOf(fop), fc.nat(), check), RUNS);
    });

    it(`${fop}: no part of a record passes for the whole, nor does more`, () => {
      // What ends in a payload has the same length in front, so that it too cannot be cut.
      const [asked] = fc.sample(requestOf(fop), { numRuns: 1, seed: 7 });
      const [answered] = fc.sample(replyOf(fop), { numRuns: 1, seed: 7 });
      const numbers = new Numbers();
      const questions = request(fop, asked ?? {}, numbers);
      const answers = reply(fop, answered ?? {}, 3);
      for (let length = 0; length <= questions.length + 4; length += 1) {
        if (length === questions.length) continue;
        const bytes = Buffer.concat([questions, Buffer.alloc(4)]).subarray(0, length);
        const decode = (): unknown => codecOf(fop).decodeRequest(new Reader(bytes), numbers);
        assert.throws(decode, RpcError, `${length} of ${questions.length} bytes`);
      }
      for (let length = 0; length <= answers.length + 4; length += 1) {
        if (length === answers.length) continue;
        const bytes = Buffer.concat([answers, Buffer.alloc(4)]).subarray(0, length);
        const decode = (): unknown => codecOf(fop).decodeReply(new Reader(bytes), 'test');
        assert.throws(decode, RpcError, `${length} of ${answers.length} bytes`);
      }
    });

    it(`${fop}: an error carries its whole struct`, () => {
      const writer = new Writer();
      codecOf(fop).encodeError(writer, 116);
      const bytes = writer.finish();
      assert.throws(
        () => codecOf(fop).decodeReply(new Reader(bytes), 'there'),
        (error) => error instanceof FopError && error.errno === 'ESTALE' && error.where === 'there',
      );
    });

    it(`${fop}: an error may say more than its errno`, () => {
      const xdata = new Map([['told', { type: 'int' as const, int: 7n }]]);
      const writer = new Writer();
      codecOf(fop).encodeError(writer, 5, xdata);
      const bytes = writer.finish();
      // The answer of a read has its xdata behind the attributes, and never any with an error.
      const expected = fop === 'readv' ? null : xdata;
      assert.throws(
        () => codecOf(fop).decodeReply(new Reader(bytes), 'there'),
        (error) => {
          assert.ok(error instanceof FopError && error.errno === 'EIO');
          assert.deepEqual(error.xdata, expected);
          return true;
        },
      );
    });
  }

  it('bytes that were changed on the way are refused or read as something else, never worse', () => {
    const mutation = fc.record({
      fop: fc.constantFrom(...FOP_NAMES),
      seed: fc.integer(),
      at: fc.nat(),
      byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
      count: fc.integer({ min: 1, max: 6 }),
    });
    const mutate = (bytes: Buffer, at: number, byte: number, count: number): Reader => {
      const changed = Buffer.from(bytes);
      const start = at % changed.length;
      changed.fill(byte, start, Math.min(start + count, changed.length));
      return new Reader(changed);
    };
    fc.assert(
      fc.property(mutation, ({ fop, seed, at, byte, count }) => {
        const numbers = new Numbers();
        const [asked] = fc.sample(requestOf(fop), { numRuns: 1, seed });
        const [answered] = fc.sample(replyOf(fop), { numRuns: 1, seed });
        const codec = codecOf(fop);
        try {
          codec.decodeRequest(mutate(request(fop, asked ?? {}, numbers), at, byte, count), numbers);
        } catch (error) {
          if (!isExpected(error)) throw error;
        }
        try {
          codec.decodeReply(mutate(reply(fop, answered ?? {}), at, byte, count), 'test');
        } catch (error) {
          if (!isExpected(error)) throw error;
        }
      }),
      { numRuns: 3000, seed: 2 },
    );
  });

  it('a number beyond 2^53 is too large, not another number', () => {
    const writer = new Writer();
    writer.gfid('11111111-2222-3333-4444-555555555555');
    writer.bigU64(2n ** 53n);
    writer.zeros(12);
    assert.throws(
      () => codecOf('truncate').decodeRequest(new Reader(writer.finish()), new Numbers()),
      (error) => error instanceof FopError && error.errno === 'EFBIG',
    );
  });
});
