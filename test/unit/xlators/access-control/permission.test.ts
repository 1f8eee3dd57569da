import assert from 'node:assert/strict';
import type { Frame } from '../../../../src/fop/frame.js';
import { decodeAcl } from '../../../../src/xlators/features/access-control/acl.js';
import { openWish } from '../../../../src/xlators/features/access-control/open-wish.js';
import {
  isStickyFor,
  permits,
  type Subject,
} from '../../../../src/xlators/features/access-control/permission.js';
import { aclOfText } from '../../../contract/acl-text.js';

const OWNER = 1001;
const GROUP = 2000;

function person(uid: number, ...groups: readonly number[]): Frame {
  return { pid: 99, uid, gid: groups[0] ?? uid, groups, lkOwner: '' };
}

function subject(mode: number, text?: string): Subject {
  const acl = text === undefined ? undefined : decodeAcl(aclOfText(text));
  assert.ok(acl === undefined || typeof acl === 'object');
  return { uid: OWNER, gid: GROUP, mode, acl };
}

const WISHES = { r: 4, w: 2, x: 1, rw: 6 } as const;

/** What of r, w, x and rw together somebody may. */
function allowed(of: Subject, frame: Frame): string {
  return Object.entries(WISHES)
    .filter(([, wish]) => permits(of, frame, wish))
    .map(([name]) => name)
    .join(' ');
}

describe('permits', () => {
  const owner = person(OWNER, 1001);
  const member = person(1002, 1002, GROUP);
  const stranger = person(1003, 1003);

  for (const [mode, byOwner, byMember, byStranger] of [
    [0o640, 'r w rw', 'r', ''],
    [0o751, 'r w x rw', 'r x', 'x'],
    [0o077, '', 'r w x rw', 'r w x rw'],
    [0o607, 'r w rw', '', 'r w x rw'],
  ] as const)
    it(`mode ${mode.toString(8)}: the first class that fits decides`, () => {
      assert.equal(allowed(subject(mode), owner), byOwner);
      assert.equal(allowed(subject(mode), member), byMember);
      assert.equal(allowed(subject(mode), stranger), byStranger);
    });

  for (const [text, byOwner, byMember, byStranger] of [
    ['u::rw-,u:1003:rw-,g::---,m::r--,o::---', 'r w rw', '', 'r'],
    ['u::rw-,u:1002:---,g::rwx,m::rwx,o::rwx', 'r w rw', '', 'r w x rw'],
    ['u::---,g::r--,g:1002:-w-,m::rwx,o::rwx', '', 'r w', 'r w x rw'],
    ['u::---,g::r--,g:1002:-w-,m::-w-,o::---', '', 'w', ''],
    ['u::---,g::r--,g:1003:rw-,m::rwx,o::---', '', 'r', 'r w rw'],
  ] as const)
    it(`${text}: by name, then one group that allows all, the mask above both`, () => {
      assert.equal(allowed(subject(0, text), owner), byOwner);
      assert.equal(allowed(subject(0, text), member), byMember);
      assert.equal(allowed(subject(0, text), stranger), byStranger);
    });

  it('root and GlusterFS itself may everything', () => {
    assert.equal(allowed(subject(0), person(0)), 'r w x rw');
    assert.equal(allowed(subject(0), { ...stranger, pid: -6 }), 'r w x rw');
  });

  it('in a sticky directory it matters whose a name is, but for its owner', () => {
    assert.equal(isStickyFor(subject(0o1777), stranger), true);
    assert.equal(isStickyFor(subject(0o1777), owner), false);
    assert.equal(isStickyFor(subject(0o777), stranger), false);
    assert.equal(isStickyFor(subject(0o1777), person(0)), false);
  });
});

describe('openWish', () => {
  for (const [flags, wish] of [
    [0, 4],
    [1, 2],
    [2, 6],
    [0o1000, 6],
    [0o2000, 6],
    [0o40, 1],
    [3, 6],
  ] as const)
    it(`flags 0${flags.toString(8)} need ${wish}`, () => assert.equal(openWish(flags), wish));
});
