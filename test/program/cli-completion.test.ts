import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../src/cli/hfs-config.js';
import { missingPrograms, skipWithout } from '../needs.js';
import { HttpFixture } from '../unit/daemon/http-fixture.js';
import { bin, run } from './run.js';

const PROGRAM = bin('hfs_config');

/** What a bash that has sourced the script offers for a line with the cursor at its end. */
const ASK_BASH = `
hfs_config() { "$NODE" "$PROGRAM" "$@"; }
source <(hfs_config completion bash)
complete -p hfs_config >/dev/null || exit 1
COMP_LINE=$1 COMP_POINT=\${#1}
_hfs_config
printf '%s\\n' "\${COMPREPLY[@]}"
`;

describe('hfs_config completion', function () {
  this.timeout(30_000);
  let http: HttpFixture;

  before(async () => {
    http = new HttpFixture();
    await http.start();
    for (const key of ['site/name', 'site/ntp/one', 'tenants/a b', 'tenants/c:d', 'top'])
      await http.root(`/v1/config/${encodeURI(key)}`, { method: 'PUT', body: 'v' });
    await http.root('/v1/serve', { method: 'POST', body: '{"bootstrap":true}' });
  });

  after(() => http.stop());

  const bash = (line: string, stateDir = http.directory) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const env = { ...process.env, NODE: process.execPath, PROGRAM, HEKAFS_STATE_DIR: stateDir };
      const args = ['--norc', '-c', ASK_BASH, 'bash', line];
      execFile('bash', args, { env }, (error, stdout, stderr) => {
        if (error) reject(error);
        else if (stderr !== '') reject(new Error(stderr));
        else resolve(stdout.split('\n').filter((each) => each !== ''));
      });
    });

  const LINES: readonly (readonly [string, readonly string[]])[] = [
    ['hfs_config st', ['status']],
    ['hfs_config token ', ['create']],
    ['hfs_config help to', ['token']],
    ['hfs_config list --nu', ['--null']],
    ['hfs_config get ', ['site/', 'tenants/', 'top']],
    ['hfs_config get site/', ['site/name', 'site/ntp/']],
    ['hfs_config get top site/na', ['site/name']],
    ['hfs_config --json get --stale site/ntp/o', ['site/ntp/one']],
    ['hfs_config get tenants/a', ['tenants/a\\ b']],
    ['hfs_config get tenants/c:', ['d']],
    ['hfs_config list s', ['site/']],
    ['hfs_config delete missing/', []],
    ['hfs_config set top ', []],
    ['hfs_config retire a', ['alder']],
    ['hfs_config explain HFS-300', [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `HFS-300${n}`)],
    ['hfs_config set -- to', ['top']],
    ['hfs_config --timeout ', []],
  ];
  for (const [line, offered] of LINES)
    it(`bash offers ${offered.join(' ') || 'nothing'} for ${line}`, async () =>
      assert.deepEqual(await bash(line), offered));

  it('offers every command and every option', async () => {
    const words = new Set(COMMANDS.map(({ words }) => words.split(' ')[0] ?? ''));
    assert.deepEqual(await bash('hfs_config '), [...words, 'help'].sort());
    const options = await bash('hfs_config set k v --');
    for (const name of ['--if-absent', '--if-revision', '--json', '--help'])
      assert.ok(options.includes(name), name);
  });

  it('is quiet and quick where no daemon answers', async () => {
    assert.deepEqual(await bash('hfs_config get s', '/nowhere'), []);
    assert.deepEqual(await bash('hfs_config stat', '/nowhere'), ['status']);
  });

  it('refuses other shells', async () => {
    const { code, stderr } = await run(PROGRAM, ['completion', 'tcsh']);
    assert.equal(code, 2);
    assert.match(stderr, /^HFS-1001 .*one of bash, zsh, fish/);
  });

  for (const shell of ['bash', 'zsh', 'fish'])
    it(`prints a script that ${shell} can read`, async function () {
      skipWithout(this, missingPrograms(shell));
      const { stdout } = await run(PROGRAM, ['completion', shell]);
      const script = join(http.directory, `completion.${shell}`);
      writeFileSync(script, stdout);
      const read = spawnSync(shell, ['-n', script]);
      assert.deepEqual([read.status, read.stderr.toString()], [0, '']);
    });
});
