import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type PrintedVolume, parseVolfile, printVolfile } from '../../../src/graph/volfile.js';
import { VolfileError } from '../../../src/graph/volfile-error.js';

/** What is left of a parsed volume when its places are forgotten. */
function plain(volumes: readonly PrintedVolume[]): unknown {
  return volumes.map(({ name, type, options, subvolumes }) => ({
    name,
    type,
    options: options.map(({ key, value }) => [key, value]),
    subvolumes: subvolumes.map((child) => child.name),
  }));
}

const SMALL = `# a brick
volume a
  type storage/posix   # a tail
  option directory "/srv/a b"
  option note #none
    "" # an empty value, on a line of its own
end-volume
volume b type debug/io-stats subvolumes a end-volume`;

describe('parseVolfile', () => {
  it('reads names, types, options and subvolumes', () => {
    assert.deepEqual(plain(parseVolfile(SMALL)), [
      {
        name: 'a',
        type: 'storage/posix',
        options: [
          ['directory', '/srv/a b'],
          ['note', ''],
        ],
        subvolumes: [],
      },
      { name: 'b', type: 'debug/io-stats', options: [], subvolumes: ['a'] },
    ]);
  });

  it('knows the place of each', () => {
    const [a] = parseVolfile(SMALL);
    assert.deepEqual(a?.place, { line: 2, column: 8 });
    assert.deepEqual(a?.typePlace, { line: 3, column: 8 });
    assert.deepEqual(a?.options[1]?.place, { line: 5, column: 10 });
  });

  const values = [
    ['"a b"', 'a b'],
    ['"a\\"b\\\\"', 'a"b\\'],
    ['a#b', 'a#b'],
    ['"volume"', 'volume'],
    ['a,b,c', 'a,b,c'],
    ['*', '*'],
  ] as const;
  for (const [written, read] of values)
    it(`reads the value ${written}`, () => {
      const text = `volume a\ntype t\noption k ${written}\nend-volume\n`;
      assert.equal(parseVolfile(text)[0]?.options[0]?.value, read);
    });

  const faults: readonly (readonly [string, number, number, RegExp])[] = [
    ['', 1, 1, /expected a volume, found none/],
    ['# only a comment\n', 2, 1, /expected a volume/],
    ['volum a', 1, 1, /expected volume, found "volum"/],
    ['volume', 1, 7, /name of the volume, found the end of the file/],
    ['volume type t', 1, 8, /expected the name of the volume, found "type"/],
    ['volume a\nend-volume', 1, 8, /volume a has no type/],
    ['volume a\ntype t\ntype u\nend-volume', 3, 1, /a second type of volume a/],
    ['volume a\ntype t\nopt k v\nend-volume', 3, 1, /expected type, option, .* found "opt"/],
    ['volume a\ntype t\noption k\nend-volume', 4, 1, /value of option k, found "end-volume"/],
    ['volume a\ntype t\noption k v w\nend-volume', 3, 12, /one value; quote/],
    ['volume a\ntype t\noption k v\noption k w\nend-volume', 4, 8, /k is given twice/],
    ['volume a\ntype t\noption k "v\nend-volume', 3, 10, /not closed on its line/],
    ['volume a\ntype t\noption k "v"w\nend-volume', 3, 13, /blank after the closing quote/],
    ['volume a\ntype t\noption k v"w"\nend-volume', 3, 11, /inside a word/],
    ['volume a\ntype t\noption k `id`\nend-volume', 3, 10, /backquotes/],
    ['volume a\ntype t\noption k v\u0007\nend-volume', 3, 10, /control character/],
    ['volume a\ntype t\nsubvolumes\nend-volume', 4, 1, /name of a subvolume/],
    ['volume a\ntype t\nsubvolumes b b\nend-volume', 3, 14, /b is named twice/],
    ['volume a\ntype t\n', 3, 1, /found the end of the file/],
  ];
  for (const [text, line, column, why] of faults)
    it(`refuses ${JSON.stringify(text)} at ${line}:${column}`, () => {
      assert.throws(
        () => parseVolfile(text),
        (error) => {
          assert.ok(error instanceof VolfileError);
          assert.deepEqual(error.place, { line, column });
          assert.match(error.message, why);
          return true;
        },
      );
    });

  it('answers volumes or a VolfileError, whatever it is given', () => {
    const words = ['volume', 'type', 'option', 'subvolumes', 'end-volume', '"', '#', '\\', '\n'];
    const text = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 12 })
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(text, (given) => {
        try {
          assert.ok(parseVolfile(given).length > 0);
        } catch (error) {
          assert.ok(error instanceof VolfileError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every prefix of a volfile that ends inside a volume', () => {
    const text = SMALL.slice(0, SMALL.indexOf('end-volume') + 'end-volume'.length);
    const start = text.indexOf('volume a');
    for (let length = start + 1; length < text.length; length += 1)
      assert.throws(() => parseVolfile(text.slice(0, length)), VolfileError);
  });
});

describe('printVolfile', () => {
  it('prints what glusterd prints', () => {
    const [a] = parseVolfile('volume a type t option k v subvolumes b c end-volume');
    assert.ok(a);
    const text = 'volume a\n    type t\n    option k v\n    subvolumes b c\nend-volume\n';
    assert.equal(printVolfile([a]), text);
    assert.equal(printVolfile([a, a]), `${text}\n${text}`);
  });

  it('prints words that are read again as they were', () => {
    const word = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !/\p{Cc}/u.test(text));
    const volume = fc.record({
      name: word,
      type: word,
      options: fc.uniqueArray(fc.record({ key: word, value: fc.oneof(word, fc.constant('')) }), {
        selector: ({ key }) => key,
      }),
      subvolumes: fc.uniqueArray(fc.record({ name: word }), { selector: ({ name }) => name }),
    });
    fc.assert(
      fc.property(fc.array(volume, { minLength: 1, maxLength: 3 }), (volumes) => {
        assert.deepEqual(plain(parseVolfile(printVolfile(volumes))), plain(volumes));
      }),
    );
  });

  const files = readdirSync('volfiles', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.vol'),
  );
  for (const name of files)
    it(`prints volfiles/${name} so that it is read the same`, () => {
      const volumes = parseVolfile(readFileSync(`volfiles/${name}`, 'utf8'));
      const printed = printVolfile(volumes);
      assert.deepEqual(plain(parseVolfile(printed)), plain(volumes));
      assert.equal(printVolfile(parseVolfile(printed)), printed);
    });
});
