import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoSample } from '../../src/daemon/demo-sample.js';
import { initialJson } from '../../src/daemon/initial-values.js';
import { missingPrograms, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TOKEN = /[0-9a-f]{20,}…?/g;

/** A command of the README, and what it is said to print. */
interface Step {
  readonly command: string;
  readonly prints: string;
}

function steps(readme: string): readonly Step[] {
  const blocks = [...readme.matchAll(/^```\n(\$ bin\/hfs_config .*?)^```$/gms)];
  return blocks
    .flatMap(([, block = '']) => block.split(/^\$ /m).slice(1))
    .map((text) => {
      const [command = '', ...prints] = text.split('\n');
      return { command, prints: prints.join('\n').trim() };
    });
}

function curls(readme: string): readonly string[] {
  return [...readme.matchAll(/^(curl .*)$/gm)].map((match) => match[1] ?? '');
}

/** Nodes of a test are n1 and so on, those of the demo node1. */
function readable(text: string): string {
  return text.replace(/\bn(\d)\b/g, 'node$1');
}

/** What is another one each time. */
function masked(text: string): string {
  return text
    .replace(UUID, 'ID')
    .replace(TOKEN, 'TOKEN')
    .replace(/revision \d+/g, 'revision N')
    .trim();
}

describe('the transcript of the README', function () {
  this.timeout(60_000);
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const cluster = useCluster(() => Cluster.ofNew(3));
  let home = '';

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'hekafs-readme-'));
    mkdirSync(join(home, 'var'));
    symlinkSync(join(ROOT, 'bin'), join(home, 'bin'));
    for (const { name, stateDir } of cluster().nodes)
      symlinkSync(stateDir, join(home, 'var', readable(name)));
    writeFileSync(join(home, 'var/sample.json'), initialJson(demoSample()));
    writeFileSync(join(home, 'file'), 'what a file holds\n');
  });

  after(() => rmSync(home, { recursive: true, force: true }));

  const shell = (line: string) =>
    new Promise<string>((resolve, reject) => {
      const here = line.replaceAll('127.0.0.1:24006', cluster().node('n1').address);
      execFile('bash', ['-c', here], { cwd: home }, (error, stdout, stderr) =>
        error ? reject(new Error(`${here}: ${stderr}`)) : resolve(stdout),
      );
    });

  it('is what a cluster says, command by command', async () => {
    const all = steps(readme);
    assert.ok(all.length >= 5);
    let token = '';
    for (const { command, prints } of all) {
      if (command.includes(' init ')) await cluster().join(cluster().node('n3'));
      const said = await shell(command.replace(TOKEN, token));
      if (command.endsWith('token create')) token = said.trim();
      assert.equal(masked(readable(said)), masked(prints), command);
    }
  });

  it('goes on with curl', async function () {
    skipWithout(this, missingPrograms('curl'));
    const lines = curls(readme);
    assert.equal(lines.length, 3);
    assert.equal(await shell(lines[0] ?? ''), 'Example cluster');
    const file = `curl -s http://127.0.0.1:24006/v1/config/site/file`;
    assert.match(await shell(lines[1] ?? ''), /^\{"revision":\d+\}\n$/);
    assert.equal(await shell(file), 'what a file holds\n');
    await shell(lines[2] ?? '');
    assert.match(await shell(file), /HFS-1004/);
  });
});
