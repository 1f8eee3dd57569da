import assert from 'node:assert/strict';
import { AppendLedger } from '../../sim/append-ledger.js';

/** Appends of three bytes each, of which `<a>` is one; `at` is where one was confirmed to end. */
interface Row {
  readonly appends: readonly (readonly [text: string, at?: number])[];
  readonly file: string;
  readonly mayTear?: boolean;
  /** What is found, or nothing. */
  readonly found?: RegExp;
}

const ROWS: Record<string, Row> = {
  'all confirmed, in any order': {
    appends: [
      ['<a>', 6],
      ['<b>', 3],
    ],
    file: '<b><a>',
  },
  'a doubtful one may be there': { appends: [['<a>', 3], ['<b>']], file: '<a><b>' },
  'a doubtful one may be missing': { appends: [['<a>', 3], ['<b>']], file: '<a>' },
  'a doubtful one may be torn after a power cut': {
    appends: [['<a>', 5], ['<b>']],
    file: '<b<a>',
    mayTear: true,
  },
  'nothing is torn otherwise': {
    appends: [['<a>', 5], ['<b>']],
    file: '<b<a>',
    found: /2 bytes of the file are nobody's/,
  },
  'a confirmed one is missing': {
    appends: [['<a>', 3]],
    file: '',
    found: /<a>: confirmed up to 3/,
  },
  'a confirmed one is elsewhere': {
    appends: [['<a>', 3]],
    file: 'xxx<a>',
    mayTear: true,
    found: /<a>: confirmed up to 3/,
  },
  'a confirmed one is torn': {
    appends: [['<a>', 3]],
    file: '<a\0',
    mayTear: true,
    found: /<a>: confirmed/,
  },
  'two are confirmed at one place': {
    appends: [
      ['<a>', 3],
      ['<b>', 3],
    ],
    file: '<a>',
    found: /<b>: lies over another/,
  },
  'one was resent and is there twice': {
    appends: [['<a>', 3]],
    file: '<a><a>',
    found: /<a>: there twice/,
  },
  'two are interleaved': {
    appends: [['<a>'], ['<b>']],
    file: '<<ab>>',
    found: /6 bytes of the file are nobody's/,
  },
};

describe('sim append ledger', () => {
  for (const [name, { appends, file, mayTear, found }] of Object.entries(ROWS))
    it(name, () => {
      const ledger = new AppendLedger();
      ledger.mayTear = mayTear ?? false;
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
    ledger.answered(ledger.begin('short', Buffer.from('<a>')), 2, 0, 2);
    const attempt = ledger.begin('late', Buffer.from('<b>'));
    ledger.answered(attempt, 3, 0, 6);
    ledger.read(attempt, Buffer.from('<bx'));
    assert.deepEqual(ledger.findings, [
      'short: 2 of 3 written',
      'short: 3 bytes took the size from 0 to 2',
      'late: 3 bytes took the size from 0 to 6',
      'late: read back otherwise',
    ]);
  });
});
