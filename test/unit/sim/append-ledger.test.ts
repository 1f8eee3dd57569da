import assert from 'node:assert/strict';
import { AppendLedger } from '../../sim/append-ledger.js';

/** Appends of three letters each; `at` is where one was confirmed to end. */
interface Row {
  readonly appends: readonly (readonly [text: string, at?: number])[];
  readonly file: string;
  readonly hasLostPower?: boolean;
  /** What is found, or nothing. */
  readonly found?: RegExp;
}

const ROWS: Record<string, Row> = {
  'all confirmed, in any order': {
    appends: [
      ['aaa', 6],
      ['bbb', 3],
    ],
    file: 'bbbaaa',
  },
  'a doubtful one may be there': { appends: [['aaa', 3], ['bbb']], file: 'aaabbb' },
  'a doubtful one may be missing': { appends: [['aaa', 3], ['bbb']], file: 'aaa' },
  'a doubtful one may be torn after a power cut': {
    appends: [['aaa', 5], ['bbb']],
    file: 'bbaaa',
    hasLostPower: true,
  },
  'nothing is torn otherwise': {
    appends: [['aaa', 5], ['bbb']],
    file: 'bbaaa',
    found: /2 bytes of the file are nobody's/,
  },
  'a confirmed one is missing': {
    appends: [['aaa', 3]],
    file: '',
    found: /aaa: confirmed up to 3/,
  },
  'a confirmed one is elsewhere': {
    appends: [['aaa', 3]],
    file: 'xxxaaa',
    hasLostPower: true,
    found: /aaa: confirmed up to 3/,
  },
  'a confirmed one is torn': {
    appends: [['aaa', 3]],
    file: 'aa\0',
    hasLostPower: true,
    found: /aaa: confirmed/,
  },
  'two are confirmed at one place': {
    appends: [
      ['aaa', 3],
      ['bbb', 3],
    ],
    file: 'aaa',
    found: /bbb: lies over another/,
  },
  'one was resent and is there twice': {
    appends: [['aaa', 3]],
    file: 'aaaaaa',
    found: /aaa: there twice/,
  },
  'two are interleaved': {
    appends: [['aaa'], ['bbb']],
    file: 'ababab',
    found: /6 bytes of the file are nobody's/,
  },
};

describe('sim append ledger', () => {
  for (const [name, { appends, file, hasLostPower, found }] of Object.entries(ROWS))
    it(name, () => {
      const ledger = new AppendLedger();
      ledger.hasLostPower = hasLostPower ?? false;
      for (const [text, at] of appends) {
        const attempt = ledger.begin(text, Buffer.from(text));
        if (at !== undefined) ledger.answered(attempt, 3, at - 3, at);
      }
      const findings = ledger.judge(Buffer.from(file)).join('\n');
      if (found === undefined) assert.equal(findings, '');
      else assert.match(findings, found);
    });

  it('looks at the sizes of each answer, and at what is read', () => {
    const ledger = new AppendLedger();
    ledger.answered(ledger.begin('short', Buffer.from('aaa')), 2, 0, 2);
    const attempt = ledger.begin('late', Buffer.from('bbb'));
    ledger.answered(attempt, 3, 0, 6);
    ledger.read(attempt, Buffer.from('bbx'));
    assert.deepEqual(ledger.findings, [
      'short: 2 of 3 written',
      'short: 3 bytes took the size from 0 to 2',
      'late: 3 bytes took the size from 0 to 6',
      'late: read back otherwise',
    ]);
  });
});
