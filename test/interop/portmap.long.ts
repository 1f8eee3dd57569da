import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needNamespaces } from '../program/namespaces.js';
import { until } from '../program/until.js';
import { needInterop } from './stock-client.js';

const HOST = '192.0.2.1';
const CLIENT = fileURLToPath(new URL('portmap-client.js', import.meta.url));

/** All that glusterd keeps is below one directory; its ports are those of a network of its own. */
const glusterdVolfile = (directory: string): string => `
volume management
    type mgmt/glusterd
    option working-directory ${directory}/glusterd
    option run-directory ${directory}/run
    option glusterd-sockfile ${directory}/glusterd.socket
    option transport-type socket
    option transport.address-family inet
    option ping-timeout 0
    option event-threads 1
end-volume
`;

describe('our client and the portmapper of a real glusterd', function () {
  this.timeout(120_000);
  const network = `hekafs-portmap-${process.pid}`;
  const within = ['ip', 'netns', 'exec', network] as const;
  let directory = '';
  let brick = '';
  let glusterd: ChildProcess | undefined;
  let client: ChildProcess | undefined;
  let said = '';

  before(async function () {
    needInterop(this, 'glusterd', 'gluster');
    needNamespaces(this);
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    brick = join(directory, 'brick');
    for (const name of ['glusterd', 'run', 'brick']) mkdirSync(join(directory, name));
    for (const words of [
      `netns add ${network}`,
      `-n ${network} link set lo up`,
      `-n ${network} address add ${HOST}/32 dev lo`,
    ])
      execFileSync('ip', words.split(' '));
    const volfile = join(directory, 'glusterd.vol');
    writeFileSync(volfile, glusterdVolfile(directory));
    const words = ['glusterd', '-N', '-f', volfile, '-l', join(directory, 'glusterd.log')];
    glusterd = spawn(within[0], [...within.slice(1), ...words, '-p', join(directory, 'pid')], {
      stdio: 'ignore',
    });
    await until('glusterd answers', () => gluster('volume', 'list') !== undefined, 30_000);
    gluster('volume', 'create', 'v', `${HOST}:${brick}`, 'force');
    gluster('volume', 'start', 'v');
  });

  after(async () => {
    client?.kill('SIGKILL');
    for (const pid of bricks()) process.kill(pid, 'SIGKILL');
    if (glusterd !== undefined && glusterd.exitCode === null) {
      const ended = once(glusterd, 'exit');
      glusterd.kill('SIGKILL');
      await ended;
    }
    if (directory === '') return;
    execFileSync('ip', ['netns', 'delete', network]);
    const log = `${brick.slice(1).replaceAll('/', '-')}.log`;
    rmSync(`/var/log/glusterfs/bricks/${log}`, { force: true });
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  function gluster(...words: readonly string[]): string {
    const socket = `--glusterd-sock=${directory}/glusterd.socket`;
    const all = [...within.slice(1), 'gluster', socket, '--mode=script', ...words];
    return execFileSync(within[0], all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Of the bricks that glusterd has started here. */
  function bricks(): readonly number[] {
    if (directory === '') return [];
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && isBrick(pid, brick));
  }

  const file = (): string => readFileSync(join(brick, 'said'), 'utf8');

  it('finds the port of a brick there, and the brick', async () => {
    const words = [...within.slice(1), process.execPath, CLIENT, HOST, brick];
    client = spawn(within[0], words, { stdio: ['pipe', 'pipe', 'inherit'] });
    client.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    await until('it is up', () => said.includes('up\n'));
    client.stdin?.write('first\n');
    await until('it has written', () => said.includes('wrote\n'));
    assert.equal(file(), 'first');
  });

  it('asks again when the brick was stopped, and finds it at whatever port it is then', async () => {
    said = '';
    gluster('volume', 'stop', 'v');
    await until('it is down', () => said.includes('down'));
    gluster('volume', 'start', 'v');
    await until('it is up again', () => said.includes('up\n'), 10_000);
    client?.stdin?.write('second\n');
    await until('it has written', () => said.includes('wrote\n'));
    assert.equal(file(), 'second');
  });
});

function isBrick(pid: number, brick: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return /glusterfsd$/.test(words[0] ?? '') && words.includes(brick);
  } catch {
    return false;
  }
}
