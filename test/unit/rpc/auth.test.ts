import assert from 'node:assert/strict';
import { checkOptions } from '../../../src/graph/options.js';
import { addressPatterns, matchesAddress } from '../../../src/xlators/protocol/server/address.js';
import { AuthRules } from '../../../src/xlators/protocol/server/auth.js';
import { SERVER_OPTIONS } from '../../../src/xlators/protocol/server/options.js';

const PLACE = { line: 1, column: 1 };

function rulesOf(texts: Readonly<Record<string, string>>): AuthRules {
  const options = Object.entries(texts).map(([key, value]) => ({ key, value, place: PLACE }));
  const volume = {
    name: 'server',
    type: 'protocol/server',
    options,
    subvolumes: [],
    place: PLACE,
    typePlace: PLACE,
  };
  return new AuthRules(checkOptions(volume, SERVER_OPTIONS).options);
}

describe('addresses', () => {
  const ROWS: readonly (readonly [string, string, boolean])[] = [
    ['*', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.70', false],
    ['192.0.2.*', '192.0.2.70', true],
    ['192.0.?.7', '192.0.2.7', true],
    ['192.0.2.[1-3]', '192.0.2.2', true],
    ['192.0.2.[!1-3]', '192.0.2.2', false],
    ['192x0.2.7', '192.0.2.7', false],
    ['192.0.2.7', '192x0.2.7', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['192.0.2.8/31', '192.0.2.9', true],
    ['192.0.2.0/33', '192.0.2.0', false],
    ['192.0.2.0/24', '2001:db8::1', false],
    ['203.0.113.1, 192.0.2.7', '192.0.2.7', true],
    ['!192.0.2.7', '192.0.2.7', false],
    ['!192.0.2.7', '192.0.2.8', true],
    ['localhost', '127.0.0.1', true],
    ['localhost', '192.0.2.1', false],
    ['[', '192.0.2.1', false],
    ['', '192.0.2.1', false],
  ];
  for (const [list, address, expected] of ROWS)
    it(`"${list}" ${expected ? 'has' : 'lacks'} ${address}`, () =>
      assert.equal(matchesAddress(address, addressPatterns(list)), expected));
});

describe('AuthRules', () => {
  const LOGIN = { 'auth.login.brick.allow': 'ann,bob', 'auth.login.ann.password': 'secret' };
  const ANN = { username: 'ann', password: 'secret' };
  const NOBODY = { username: undefined, password: undefined };
  const ROWS: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    { username: string | undefined; password: string | undefined },
    string,
  ])[] = [
    ['no rules', {}, ANN, 'no'],
    ['an address', { 'auth.addr.brick.allow': '*' }, NOBODY, 'yes'],
    ['the older name', { 'auth.ip.brick.allow': '*' }, NOBODY, 'yes'],
    ['of another subvolume', { 'auth.addr.other.allow': '*' }, NOBODY, 'no'],
    ['another address', { 'auth.addr.brick.allow': '203.0.113.*' }, NOBODY, 'no'],
    [
      'a rejected one',
      { 'auth.addr.brick.allow': '*', 'auth.addr.brick.reject': '192.0.2.*' },
      NOBODY,
      'no',
    ],
    ['a user', LOGIN, ANN, 'ann'],
    ['a wrong password', LOGIN, { ...ANN, password: 'guess' }, 'no'],
    ['no password', LOGIN, { ...ANN, password: undefined }, 'no'],
    ['a user without one', LOGIN, { username: 'bob', password: '' }, 'no'],
    ['a stranger', LOGIN, { username: 'eve', password: 'secret' }, 'no'],
    ['nobody', LOGIN, NOBODY, 'no'],
    ['nobody, from an address', { ...LOGIN, 'auth.addr.brick.allow': '*' }, NOBODY, 'yes'],
    [
      'a wrong password, from an address',
      { ...LOGIN, 'auth.addr.brick.allow': '*' },
      { ...ANN, password: 'guess' },
      'no',
    ],
    [
      'nobody, strictly',
      { ...LOGIN, 'auth.addr.brick.allow': '*', 'strict-auth-accept': 'on' },
      NOBODY,
      'no',
    ],
    ['a user from a rejected address', { ...LOGIN, 'auth.addr.brick.reject': '*' }, ANN, 'no'],
  ];
  for (const [what, texts, applicant, expected] of ROWS)
    it(`${what}: ${expected}`, () => {
      const verdict = rulesOf(texts).judge(['brick'], { address: '192.0.2.1', ...applicant });
      assert.equal(verdict.isAccepted ? (verdict.login ?? 'yes') : 'no', expected);
    });

  it('looks under each name of the subvolume', () => {
    const rules = rulesOf({ 'auth.addr./bricks/one.allow': '*' });
    const applicant = { address: '192.0.2.1', ...NOBODY };
    assert.equal(rules.judge(['top', '/bricks/one'], applicant).isAccepted, true);
    assert.equal(rules.judge(['top'], applicant).isAccepted, false);
  });
});
