import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Acl,
  decodeAcl,
  encodeAcl,
  inherited,
  isMinimal,
  modeOfAcl,
  withMode,
} from '../../../../src/xlators/features/access-control/acl.js';
import { aclOfText, textOfAcl } from '../../../contract/acl-text.js';

const FULL = 'u::rwx,u:1003:rw-,u:7:---,g::r-x,g:50:-wx,m::rwx,o::r--';

function acl(text: string): Acl {
  const found = decodeAcl(aclOfText(text));
  assert.ok(typeof found === 'object', `${text}: ${String(found)}`);
  return found;
}

const BROKEN: readonly (readonly [text: string, why: string])[] = [
  ['u::rwx,g::r-x', 'nothing about others'],
  ['u::rwx,o::r-x', 'nothing about the group'],
  ['g::rwx,o::r-x', 'nothing about the owner'],
  ['u::rwx,u::rwx,g::r-x,o::r-x', 'two owners'],
  ['u::rwx,g::r-x,m::rwx,m::rwx,o::r-x', 'two masks'],
  ['u::rwx,u:1:rwx,g::r-x,o::r-x', 'a name without a mask'],
  ['u::rwx,g::r-x,g:1:rwx,o::r-x', 'a group without a mask'],
  ['g::rwx,u::rwx,o::r-x', 'out of order'],
  ['u::rwx,g::r-x,u:1:rwx,m::rwx,o::r-x', 'a user behind the group'],
  ['u::rwx,u:4294967295:rwx,g::r-x,m::rwx,o::r-x', 'a user who is nobody'],
];

describe('ACLs', () => {
  it('are read and written as Linux keeps them', () => {
    assert.deepEqual(acl(FULL), {
      owner: 7,
      users: [
        { id: 1003, permissions: 6 },
        { id: 7, permissions: 0 },
      ],
      group: 5,
      groups: [{ id: 50, permissions: 3 }],
      mask: 7,
      other: 4,
    });
    assert.equal(textOfAcl(encodeAcl(acl(FULL))), FULL);
  });

  it('cut anywhere are none', () => {
    const bytes = aclOfText(FULL);
    for (let length = 1; length < bytes.length; length += 1) {
      const found = decodeAcl(bytes.subarray(0, length));
      assert.equal(found, length === 4 ? 'none' : 'EINVAL', `${length} bytes`);
    }
  });

  for (const [text, why] of BROKEN)
    it(`${text} is none: ${why}`, () => assert.equal(decodeAcl(aclOfText(text)), 'EINVAL'));

  it('of another version are not supported', () => {
    const bytes = aclOfText(FULL);
    bytes[0] = 1;
    assert.equal(decodeAcl(bytes), 'EOPNOTSUPP');
  });

  it('of random bytes are an ACL that reads back the same, or none', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
        const found = decodeAcl(Buffer.concat([Buffer.from([2, 0, 0, 0]), tail]));
        if (typeof found === 'object') assert.deepEqual(decodeAcl(encodeAcl(found)), found);
      }),
    ));

  for (const [text, mode] of [
    ['u::rwx,g::r-x,o::r--', 0o754],
    ['u::rw-,u:1:rwx,g::---,m::r--,o::---', 0o640],
  ] as const)
    it(`${text} shows as ${mode.toString(8)}`, () => assert.equal(modeOfAcl(acl(text)), mode));

  for (const [text, mode, after] of [
    ['u::rwx,g::r-x,o::r--', 0o640, 'u::rw-,g::r--,o::---'],
    ['u::rwx,u:1:rwx,g::r-x,m::rwx,o::r--', 0o640, 'u::rw-,u:1:rwx,g::r-x,m::r--,o::---'],
  ] as const)
    it(`${text} after chmod ${mode.toString(8)} is ${after}`, () =>
      assert.equal(textOfAcl(encodeAcl(withMode(acl(text), mode))), after));

  for (const [parent, mode, child] of [
    ['u::rwx,g::r-x,o::r-x', 0o666, 'u::rw-,g::r--,o::r--'],
    ['u::rwx,u:1:rwx,g::r-x,m::rwx,o::---', 0o666, 'u::rw-,u:1:rwx,g::r-x,m::rw-,o::---'],
    ['u::rwx,u:1:rwx,g::r-x,m::rwx,o::---', 0o600, 'u::rw-,u:1:rwx,g::r-x,m::---,o::---'],
  ] as const)
    it(`${parent} is inherited by ${mode.toString(8)} as ${child}`, () =>
      assert.equal(textOfAcl(encodeAcl(inherited(acl(parent), mode))), child));

  it('say no more than a mode without names and mask', () => {
    assert.equal(isMinimal(acl('u::rwx,g::r-x,o::r--')), true);
    assert.equal(isMinimal(acl('u::rwx,g::r-x,m::r-x,o::r--')), false);
    assert.equal(isMinimal(acl('u::rwx,u:1:r--,g::r-x,m::r-x,o::r--')), false);
  });
});
