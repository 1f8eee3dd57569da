import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RpcError } from '../../../src/rpc/error.js';
import { RecordParser } from '../../../src/rpc/record.js';

function fragment(bytes: Buffer, isLast: boolean): Buffer {
  const marker = Buffer.alloc(4);
  marker.writeUInt32BE(bytes.length + (isLast ? 0x8000_0000 : 0));
  return Buffer.concat([marker, bytes]);
}

/** Cuts `bytes` into pieces of the given lengths, again and again. */
function* pieces(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function parse(stream: Buffer, lengths: readonly number[]): string[] {
  const parser = new RecordParser();
  const records: string[] = [];
  for (const piece of pieces(stream, lengths)) {
    parser.push(piece);
    for (let record = parser.next(); record !== undefined; record = parser.next())
      records.push(record.toString('latin1'));
  }
  return records;
}

describe('RecordParser', () => {
  const RECORDS: readonly (readonly [string, readonly Buffer[]])[] = [
    ['', [fragment(Buffer.alloc(0), true)]],
    ['abc', [fragment(Buffer.from('abc'), true)]],
    ['abcdef', [fragment(Buffer.from('abc'), false), fragment(Buffer.from('def'), true)]],
    ['abc', [fragment(Buffer.from('abc'), false), fragment(Buffer.alloc(0), true)]],
    ['xy', [fragment(Buffer.alloc(0), false), fragment(Buffer.from('xy'), true)]],
    ['z'.repeat(100), [fragment(Buffer.alloc(100, 'z'), true)]],
  ];
  const stream = Buffer.concat(RECORDS.flatMap(([, fragments]) => fragments));
  const expected = RECORDS.map(([text]) => text);

  for (const lengths of [[1], [2], [3], [7], [64], [1000]])
    it(`finds the same records in pieces of ${lengths}`, () =>
      assert.deepEqual(parse(stream, lengths), expected));

  it('finds the same records however they are cut', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lengths, (cut) => assert.deepEqual(parse(stream, cut), expected)),
      { seed: 3 },
    );
  });

  it('keeps nothing of a chunk: the stream reads the next bytes into it', () => {
    const records = ['abc', 'x'.repeat(20_000), 'z'.repeat(70_000)];
    const bytes = Buffer.concat(records.map((text) => fragment(Buffer.from(text), true)));
    for (const most of [5, 30_000, bytes.length]) {
      const parser = new RecordParser();
      const found: (Buffer | undefined)[] = [];
      const shared = Buffer.alloc(most);
      for (let at = 0; at < bytes.length; at += most) {
        parser.push(shared.subarray(0, bytes.copy(shared, 0, at, at + most)));
        if (found.length === 0) found.push(parser.next());
        parser.keep();
        shared.fill('!');
        for (let record = parser.next(); record; record = parser.next()) found.push(record);
      }
      assert.ok(records.every((text) => found.some((record) => record?.toString() === text)));
    }
  });

  it('puts a record of many chunks together', () => {
    const body = Buffer.alloc(5 * 1024 * 1024 + 3, 'r');
    const records = parse(fragment(body, true), [65_536]);
    assert.equal(records.length, 1);
    assert.equal(records[0]?.length, body.length);
  });

  it('refuses a record beyond its limit before it has come', () => {
    const parser = new RecordParser(10);
    parser.push(Buffer.from('8000000b', 'hex'));
    assert.throws(() => parser.next(), RpcError);
  });

  it('counts fragments together', () => {
    const parser = new RecordParser(10);
    parser.push(fragment(Buffer.alloc(6), false));
    assert.equal(parser.next(), undefined);
    parser.push(fragment(Buffer.alloc(6), true));
    assert.throws(() => parser.next(), RpcError);
  });
});
