import assert from 'node:assert/strict';
import { NO_DICT } from '../../../src/fop/dict.js';
import { Fd } from '../../../src/fop/fd.js';
import type { Frame } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { codecOf } from '../../../src/rpc/codec.js';
import { AUTH_GLUSTERFS_V3, encodeCredential } from '../../../src/rpc/credentials.js';
import { writeDict } from '../../../src/rpc/dict.js';
import { ACCEPTED, writeCallHeader, writeReplyHeader } from '../../../src/rpc/message.js';
import { DUMP, DUMP_PROGRAM, FOP_PROGRAM } from '../../../src/rpc/programs.js';
import { LAST_FRAGMENT } from '../../../src/rpc/record.js';
import { Writer } from '../../../src/rpc/xdr.js';

/* Records as GlusterFS 10.3 sends them, captured between its own programs and from them. */

const PING_CALL =
  '80000058 00000004 00000000 00000002 075bb86d 00000001 00000002 0005f398 00000030 00006abc 00000000 00000000 ' +
  '00000000 396636c0 00000000 6b0022da 00000001 00000000 00000008 00aabbcc ddee0011 00000000 00000000';
const LOOKUP_CALL =
  '80000088 0000000d 00000000 00000002 0013d005 00000190 0000001b 0005f398 00000028 00006a60 00000000 00000000 ' +
  '00000000 00000000 00000000 00000000 00000000 00000004 606a0000 00000000 00000000 ' +
  `${'00'.repeat(16)} ${'00'.repeat(15)}01 00000000 00000001 78000000 00000000 00000000 00000000`;
const LOOKUP_ENOENT =
  '80000154 0000000d 00000001 00000000 00000000 00000000 00000000 ffffffff 00000002 ' +
  `00000000 ffffffff 00000000 ${'00'.repeat(296)}`;

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function record(writer: Writer, payload = Buffer.alloc(0)): Buffer {
  writer.setWord(0, LAST_FRAGMENT + writer.length - 4 + payload.length);
  return Buffer.concat([writer.finish(), payload]);
}

const NO_FD_NUMBERS = { numberOf: () => 0 };

function frame(pid: number, more: Partial<Frame> = {}): Frame {
  return { pid, uid: 0, gid: 0, groups: [], lkOwner: '', ...more };
}

describe('records that GlusterFS sends', () => {
  it('a ping under v3 credentials with a time, a group and an owner', () => {
    const caller = frame(0x6abc, {
      groups: [0],
      lkOwner: Buffer.from('00aabbccddee0011', 'hex').toString('latin1'),
      time: { nsec: 0x396636c0, sec: 0x6b0022da },
    });
    const writer = new Writer();
    const credential = encodeCredential(caller, AUTH_GLUSTERFS_V3);
    writeCallHeader(writer, 4, DUMP_PROGRAM, DUMP.PING, credential);
    assert.deepEqual(record(writer), bytesOf(PING_CALL));
  });

  it('a lookup by name, owned by its pid', () => {
    const writer = new Writer();
    const credential = encodeCredential(frame(0x6a60), AUTH_GLUSTERFS_V3);
    writeCallHeader(writer, 13, FOP_PROGRAM, codecOf('lookup').number, credential);
    const request = {
      gfid: '00000000-0000-0000-0000-000000000000',
      pargfid: ROOT_GFID,
      bname: 'x',
      xdata: new Map(),
    };
    codecOf('lookup').encodeRequest(writer, request, NO_FD_NUMBERS);
    assert.deepEqual(record(writer), bytesOf(LOOKUP_CALL));
  });

  it('the answer ENOENT, with its whole struct', () => {
    const writer = new Writer();
    writeReplyHeader(writer, 13, ACCEPTED);
    codecOf('lookup').encodeError(writer, 2);
    assert.deepEqual(record(writer), bytesOf(LOOKUP_ENOENT));
  });

  it('a write: the payload is not padded', () => {
    const gfid = '11111111-2222-3333-4444-555555555555';
    const writer = new Writer();
    const payload = codecOf('writev').encodeRequest(
      writer,
      { fd: new Fd(gfid, 0), offset: 0, flags: 0x8001, data: Buffer.from('hi\n'), xdata: NO_DICT },
      NO_FD_NUMBERS,
    );
    assert.deepEqual(
      writer.finish(),
      bytesOf(
        '11111111222233334444555555555555 0000000000000000 0000000000000000 00000003 00008001 ' +
          '00000000 ffffffff 00000000',
      ),
    );
    assert.deepEqual(payload, bytesOf('68690a'));
  });

  it('a failed read has 172 bytes', () => {
    const writer = new Writer();
    codecOf('readv').encodeError(writer, 5);
    assert.equal(writer.length, 172);
  });

  it('the gfid that a new file is to have', () => {
    const writer = new Writer();
    const gfid = '11111111-2222-3333-4444-555555555555';
    writeDict(writer, new Map([['gfid-req', { type: 'gfid', gfid }]]));
    assert.deepEqual(
      writer.finish(),
      bytesOf(
        '00000024 00000001 00000001 00000009 676669642d726571 00000000 00000007 11111111222233334444555555555555',
      ),
    );
  });

  it('no dict and a dict of nothing differ', () => {
    const none = new Writer();
    writeDict(none, null);
    assert.deepEqual(none.finish(), bytesOf('00000000 ffffffff 00000000'));
    const empty = new Writer();
    writeDict(empty, new Map());
    assert.deepEqual(empty.finish(), bytesOf('00000000 00000000 00000000'));
  });
});
