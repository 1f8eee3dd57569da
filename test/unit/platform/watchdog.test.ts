import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * A process that hangs in a system call is played by one that runs in a circle: for its other thread that is the same.
 */

const WATCHDOG = new URL('../../../src/platform/node/watchdog.js', import.meta.url).href;

/** A process with a watchdog of a second, which listens, and hangs on the first byte that it is sent. */
function hangingProgram(logFile: string): string {
  return `
    import { createServer } from 'node:net';
    import { watchMainThread } from ${JSON.stringify(WATCHDOG)};
    watchMainThread(1000, 'last words', ${JSON.stringify(logFile)}, (error) => { throw error; });
    createServer((socket) => socket.on('data', (bytes) => { for (;;); }))
      .listen(0, '127.0.0.1', function () { console.log(this.address().port); });
  `;
}

/** One that does something now and then, and ends. */
const IDLE = `
  import { watchMainThread } from ${JSON.stringify(WATCHDOG)};
  watchMainThread(1000, '', undefined, (error) => { throw error; });
  setTimeout(() => {}, 1800);
`;

describe('watchdog', function () {
  this.timeout(60_000);
  let directory = '';
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-watchdog-'));
  });

  afterEach(() => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  function run(text: string): ChildProcess {
    const words = ['--input-type=module', '-e', text];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  }

  it('ends a process whose main thread hangs, its connections first, and leaves others alone', async () => {
    const log = join(directory, 'log');
    const wellEnded = once(run(IDLE), 'exit');
    const hanging = run(hangingProgram(log));
    const ended = once(hanging, 'exit');
    assert.ok(hanging.stdout);
    const [port] = await once(hanging.stdout, 'data');
    const socket = connect(Number(String(port)), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('x');
    await once(socket, 'end');
    socket.destroy();
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.equal(readFileSync(log, 'utf8'), 'last words');
    assert.deepEqual(await wellEnded, [0, null]);
  });
});
