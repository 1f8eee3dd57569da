import assert from 'node:assert/strict';
import { checkOptions } from '../../../src/graph/options.js';
import type { OptionSpec } from '../../../src/graph/spec.js';
import { parseVolfile } from '../../../src/graph/volfile.js';
import { VolfileError } from '../../../src/graph/volfile-error.js';

const TABLE: readonly OptionSpec[] = [
  { key: 'text', kind: 'string', doc: 'A string.' },
  { key: 'count', kind: 'int', default: '7', min: 0, max: 10, doc: 'An integer.' },
  { key: 'flag', kind: 'bool', default: 'off', doc: 'A boolean.' },
  { key: 'size', kind: 'size', default: '128KB', doc: 'A size.' },
  { key: 'time', kind: 'time', default: '5m', doc: 'A time.' },
  { key: 'id', kind: 'uuid', doc: 'A uuid.' },
  { key: 'directory', kind: 'path', doc: 'A path.' },
  { key: 'auth.*.allow', kind: 'list', doc: 'A pattern.' },
  { key: 'old', kind: 'bool', doc: 'Of old.', inert: 'nobody needs it' },
  { key: 'mode', kind: 'string', only: ['tcp', 'socket'], doc: 'Served in part.' },
  { key: 'trash', kind: 'bool', only: ['off'], doc: 'Not served.' },
];

function check(option: string, table = TABLE) {
  const [volume] = parseVolfile(`volume v\ntype some/type\n${option}\nend-volume`);
  assert.ok(volume);
  return checkOptions(volume, table);
}

describe('checkOptions', () => {
  it('fills in defaults, read by their kinds', () => {
    const { options } = check('');
    assert.equal(options.int('count'), 7);
    assert.equal(options.bool('flag'), false);
    assert.equal(options.size('size'), 131_072);
    assert.equal(options.int('time'), 300);
    assert.equal(options.text('text'), undefined);
  });

  const sizes = [
    ['0', 0],
    ['4096', 4096],
    ['1B', 1],
    ['1KB', 1024],
    ['1k', 1024],
    ['1.5MB', 1_572_864],
    ['2GB', 2_147_483_648],
    ['1TB', 1_099_511_627_776],
  ] as const;
  for (const [text, bytes] of sizes)
    it(`reads the size ${text}`, () => {
      assert.equal(check(`option size ${text}`).options.size('size'), bytes);
    });

  const times = [
    ['30', 30],
    ['30s', 30],
    ['2m', 120],
    ['1h', 3600],
    ['1d', 86_400],
  ] as const;
  for (const [text, seconds] of times)
    it(`reads the time ${text}`, () => {
      assert.equal(check(`option time ${text}`).options.int('time'), seconds);
    });

  for (const [word, value] of [
    ['on', true],
    ['Enable', true],
    ['1', true],
    ['no', false],
    ['FALSE', false],
  ] as const)
    it(`reads the boolean ${word}`, () => {
      assert.equal(check(`option flag ${word}`).options.bool('flag'), value);
    });

  it('collects options that fit a pattern', () => {
    const { options } = check('option auth.a.b.allow x,y\noption auth.c.allow *');
    assert.deepEqual(
      [...options.matching('auth.*.allow')],
      [
        ['a.b', 'x,y'],
        ['c', '*'],
      ],
    );
  });

  it('hands out the text as it stands', () => {
    const { options } = check('option size 1KB\noption text "a b"');
    assert.deepEqual(
      [...options.raw()],
      [
        ['size', '1KB'],
        ['text', 'a b'],
      ],
    );
  });

  it('reports each option that does nothing', () => {
    const { notes } = check('option old on');
    assert.deepEqual(notes, ['volume v: option old does nothing here: nobody needs it']);
  });

  it('serves the values that it serves, however they are written', () => {
    assert.equal(check('option trash no').options.bool('trash'), false);
    assert.equal(check('option mode socket').options.text('mode'), 'socket');
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ['option colour red', /volume v \(some\/type\), option colour: is not known/],
    ['option auth..allow x', /auth\.\.allow: is not known/],
    ['option count many', /option count: "many" is not an integer/],
    ['option count 99999999999999999999', /is not an integer/],
    ['option count 11', /11 is more than 10/],
    ['option count -1', /-1 is less than 0/],
    ['option flag maybe', /"maybe" is not on or off/],
    ['option size 1XB', /is not a size/],
    ['option size 99999999PB', /is not a size/],
    ['option time soon', /is not a time/],
    ['option id 1234', /is not a uuid/],
    ['option directory a/b', /is not an absolute path/],
    ['option mode rdma', /"rdma" is not served here, only tcp, socket/],
    ['option trash on', /"on" is not served here, only off/],
  ];
  for (const [option, why] of faults)
    it(`refuses ${option}`, () => {
      assert.throws(
        () => check(option),
        (error) => {
          assert.ok(error instanceof VolfileError);
          assert.deepEqual(error.place, { line: 3, column: 8 });
          assert.match(error.message, why);
          return true;
        },
      );
    });

  it('refuses a volume without an option that it needs', () => {
    const table: OptionSpec[] = [{ key: 'host', kind: 'string', isRequired: true, doc: 'Needed.' }];
    assert.throws(() => check('', table), /volume v \(some\/type\) needs option host/);
  });

  it('takes a question for an option that is in no table for a bug', () => {
    const { options } = check('');
    assert.throws(() => options.text('colour'), TypeError);
    assert.throws(() => options.matching('other.*'), TypeError);
    assert.throws(() => options.required('text'), TypeError);
    assert.throws(() => options.int('flag'), TypeError);
  });
});
