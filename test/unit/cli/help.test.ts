import assert from 'node:assert/strict';
import { printHelp } from '../../../src/cli/help.js';
import { COMMANDS } from '../../../src/cli/hfs-config.js';
import { wordsOf } from '../../../src/cli/words.js';
import { BRICKD_HELP } from '../../../src/daemon/brickd-arguments.js';
import { daemonHelp } from '../../../src/daemon/help.js';
import { DAEMON_OPTIONS } from '../../../src/daemon/option-table.js';
import { helpLines } from '../../../src/terminal/help-page.js';

function help(...words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  printHelp(COMMANDS, words, (line) => void lines.push(line));
  return lines;
}

function checkFits(lines: readonly string[]): void {
  for (const line of lines) assert.ok(line.length <= 80, line);
}

describe('help', () => {
  it('of the program has every command, once', () => {
    const lines = help();
    checkFits(lines);
    for (const { words, doc } of COMMANDS) {
      const start = ` ${wordsOf(words).names.join(' ')} `;
      const found = lines.filter((line) => line.slice(1).padEnd(80).startsWith(start));
      assert.equal(found.length, 1, `${words}: ${doc}`);
    }
  });

  for (const { words, options, examples } of COMMANDS)
    it(`of ${words} has its options and examples`, () => {
      const { names } = wordsOf(words);
      const lines = help(...names);
      checkFits(lines);
      assert.ok(lines[0]?.startsWith(`usage: hfs_config ${names.join(' ')}`));
      for (const { name } of options)
        assert.ok(
          lines.some((line) => line.trim().includes(`--${name}`)),
          name,
        );
      for (const example of examples) assert.ok(lines.includes(`  hfs_config ${example}`), example);
    });

  it('of what begins several commands lists them; of what is none says what may be meant', () => {
    assert.match(help('token').join('\n'), /token create {2}print a one-time token/);
    assert.throws(() => help('sattus'), { code: 'HFS-1001', message: /did you mean status\?$/ });
  });

  it('of the daemons has every option, and examples', () => {
    const daemon = daemonHelp(['--http', 'x', '--help'])?.trimEnd().split('\n') ?? [];
    checkFits(daemon);
    for (const { name } of DAEMON_OPTIONS)
      assert.ok(
        daemon.some((line) => line.startsWith(`  --${name} `)),
        name,
      );
    assert.ok(daemon.includes('examples'));
    checkFits(BRICKD_HELP.split('\n'));
    assert.match(BRICKD_HELP, /\nexamples\n/);
    assert.equal(daemonHelp(['--demo']), undefined);
  });

  it('is broken for narrow and wide terminals', () => {
    const page = {
      ...{ usage: 'x', doc: 'word '.repeat(30).trim(), examples: [{ line: 'x' }] },
      sections: [{ title: 't', rows: [['a'.repeat(30), 'b'.repeat(10)] as const] }],
    };
    for (const width of [40, 120]) {
      const lines = helpLines(page, width);
      assert.ok(Math.max(...lines.map((line) => line.length)) <= width);
      assert.ok(
        lines.includes(`${' '.repeat(30)}${'b'.repeat(10)}`),
        'a long left has its own line',
      );
    }
  });
});
