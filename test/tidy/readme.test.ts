import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCommandLine } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/hfs-config.js';
import { CODES } from '../../src/config/error.js';
import { TABLES, withTables } from './readme-tables.js';
import { ROOT, sources } from './sources.js';

/** Words that follow the name of the program in a sentence. */
const PROSE = ['and', 'as', 'can', 'does', 'failed', 'is', 'or', 'says', 'shows', 'tells', 'what'];

describe('README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  it('has every table, as the programs have them (npm run readme)', () => {
    for (const name of Object.keys(TABLES))
      assert.ok(readme.includes(`<!-- table ${name} -->`), `no table ${name}`);
    assert.equal(readme, withTables(readme));
  });

  it('knows every code', () => {
    const missing = Object.keys(CODES).filter((code) => !readme.includes(code));
    assert.deepEqual(missing, []);
  });

  it('shows commands that can be typed', () => {
    const shown = [...readme.matchAll(/^\$ bin\/hfs_config (.*)$/gm)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(shown.length >= 5);
    for (const line of shown) readCommandLine(COMMANDS, line.split(' '), {});
  });

  it('and every text names only commands that are there', () => {
    const names = [...COMMANDS.map(({ words }) => words.split(' ')[0]), 'help', ...PROSE];
    const texts = [{ path: 'README.md', text: readme }, ...sources(['src'])];
    const unknown = texts.flatMap(({ path, text }) =>
      [...text.matchAll(/\bhfs_config (?:--state-dir \S+ )?([a-z]+)\b/g)]
        .map((match) => match[1] ?? '')
        .filter((word) => !names.includes(word))
        .map((word) => `${path}: ${word}`),
    );
    assert.deepEqual(unknown, []);
  });

  for (const file of ['README.md', 'src/README.md', 'CHANGELOG.md'])
    it(`links of ${file} lead somewhere`, () => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((match) => match[1] ?? '');
      const local = links.filter((link) => !/^https?:/.test(link));
      const dead = local.filter((link) => !existsSync(join(ROOT, file, '..', link)));
      assert.deepEqual(dead, []);
    });
});
