import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { until } from '../program/until.js';
import { logTail } from './stock-client.js';

/** A running stock glusterfsd. */
export interface StockBrick {
  readonly child: ChildProcess;
  readonly log: string;
  stop(): Promise<void>;
}

/** Runs a volfile, which names its port, with stock glusterfsd until it listens. */
export async function startStockBrick(
  directory: string,
  name: string,
  volfile: string,
): Promise<StockBrick> {
  const [path, log] = [join(directory, `${name}.vol`), join(directory, `${name}.log`)];
  writeFileSync(path, volfile);
  const port = Number(/listen-port (\d+)/.exec(volfile)?.[1]);
  const child = spawn('glusterfsd', ['-N', '-f', path, '-l', log], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await until(`glusterfsd listens at ${port}`, async () => {
    if (child.exitCode !== null) throw new Error(`glusterfsd ended:\n${logTail(log)}`);
    return canConnect(port);
  });
  return { child, log, stop };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
