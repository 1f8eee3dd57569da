import assert from 'node:assert/strict';
import { helpAsked, helpedWords, readCommandLine } from '../../../src/cli/command-line.js';
import { COMMANDS } from '../../../src/cli/hfs-config.js';
import { wordsOf } from '../../../src/cli/words.js';
import { ConfigError } from '../../../src/config/error.js';

type Row = readonly [readonly string[], string, Readonly<Record<string, unknown>>];

const READ: readonly Row[] = [
  [['get', 'a', 'b'], 'get <key..>', { key: ['a', 'b'] }],
  [['get', '-r', 'a', '--null'], 'get <key..>', { key: ['a'], recursive: true, null: true }],
  [['get', '--', '-a', '--b'], 'get <key..>', { key: ['-a', '--b'] }],
  [['set', 'k'], 'set <key> [value]', { key: 'k' }],
  [['set', 'k', '-'], 'set <key> [value]', { key: 'k', value: '-' }],
  [['set', 'k', ''], 'set <key> [value]', { key: 'k', value: '' }],
  [['set', '1e3', '007'], 'set <key> [value]', { key: '1e3', value: '007' }],
  [
    ['set', '--if-revision=3', 'k', 'v'],
    'set <key> [value]',
    { key: 'k', value: 'v', 'if-revision': '3' },
  ],
  [['list'], 'list [prefix]', {}],
  [['set', 'k', '-5'], 'set <key> [value]', { key: 'k', value: '-5' }],
  [['token', 'create'], 'token create', {}],
  [['--json', 'status', '-v'], 'status', { json: true, verbose: true }],
  [
    ['set', 'a', 'b', '--timeout', '3', '--timeout', '4'],
    'set <key> [value]',
    { key: 'a', value: 'b', timeout: '4' },
  ],
];

const REFUSED: readonly (readonly string[])[] = [
  [],
  ['nix'],
  ['token'],
  ['token', 'delete'],
  ['get'],
  ['list', 'a', 'b'],
  ['status', 'x'],
  ['status', '-r'],
  ['status', '-x'],
  ['status', '--jsn'],
  ['status', '--no-json'],
  ['status', '--timeout'],
  ['status', '--timeout', 'soon'],
];

describe('command line of hfs_config', () => {
  for (const [argv, words, args] of READ)
    it(`reads ${argv.join(' ')}`, () => {
      const line = readCommandLine(COMMANDS, argv, {});
      assert.equal(line.command.words, words);
      assert.deepEqual(line.args, args);
    });

  for (const argv of REFUSED)
    it(`refuses ${argv.join(' ') || 'nothing'}`, () =>
      assert.throws(() => readCommandLine(COMMANDS, argv, {}), { code: 'HFS-1001' }));

  it('takes the environment where no option is given', () => {
    const environment = { HEKAFS_SERVER: 'e:1', HEKAFS_STATE_DIR: '/e' };
    const { globals } = readCommandLine(COMMANDS, ['status', '--server', 'o:2'], environment);
    assert.deepEqual([globals.server, globals.stateDir], ['o:2', '/e']);
  });

  it('has examples of every command, which can be typed', () => {
    for (const { words, examples } of COMMANDS) {
      assert.ok(examples.length > 0, words);
      for (const example of examples) {
        const typed = example.replace(/ [<>|] .*/, '').match(/'[^']*'|\S+/g) ?? [];
        assert.equal(readCommandLine(COMMANDS, typed, {}).command.words, words, example);
      }
    }
  });

  const HELPED: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['--help'], []],
    [['help'], []],
    [['-h', 'get'], ['get']],
    [
      ['--state-dir', 'd', 'help', 'token', 'create'],
      ['token', 'create'],
    ],
    [
      ['set', 'k', '--help'],
      ['set', 'k'],
    ],
  ];
  for (const [argv, words] of HELPED)
    it(`helps where ${argv.join(' ')} is typed`, () => {
      assert.equal(helpAsked(COMMANDS, argv), 'help');
      assert.deepEqual(helpedWords(COMMANDS, argv), words);
    });

  it('takes a word for help only where a command would stand, before a double hyphen', () => {
    for (const argv of [['get', '--', '--help'], ['get', 'help'], ['set', 'k', '--', '-h'], []])
      assert.equal(helpAsked(COMMANDS, argv), undefined, argv.join(' '));
    assert.equal(helpAsked(COMMANDS, ['--version']), 'version');
  });

  const MEANT: readonly (readonly [readonly string[], RegExp])[] = [
    [['stauts'], /no such command; did you mean status\?/],
    [['token', 'craete'], /token is followed by create; did you mean create\?/],
    [['token'], /token is followed by create/],
    [['status', '--jsno'], /no such option; did you mean --json\?/],
    [['get', 'k', '--reverse'], /there is no such option: $/],
    [['list', '--if-revision', '3'], /this command does not have it/],
  ];
  for (const [argv, words] of MEANT)
    it(`guesses what ${argv.join(' ')} was to be`, () =>
      assert.throws(
        () => readCommandLine(COMMANDS, argv, {}),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(`${error.what}: ${error.why}: `, words);
          return true;
        },
      ));

  it('has one meaning for each option, and words that can be read', () => {
    const meaning = new Map<string, string>();
    for (const { words, options, positionals } of COMMANDS) {
      for (const { name, kind } of options) {
        assert.equal(meaning.get(name) ?? kind, kind, name);
        meaning.set(name, kind);
      }
      const places = wordsOf(words).places.map(({ name, isMany }) => `${name} ${isMany}`);
      assert.deepEqual(
        places,
        positionals.map(({ name, kind }) => `${name} ${kind === 'texts'}`),
      );
    }
  });
});
