import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, signalled, until } from '../process.js';
import { clientVolfile } from './brick-volfile.js';

/** Runs `work` in a fresh mount of the stock FUSE client, whose caches are empty. */
export async function mounted<T>(
  directory: string,
  port: number,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, 'mnt');
  const volfile = join(directory, 'client.vol');
  mkdirSync(path, { recursive: true });
  writeFileSync(volfile, clientVolfile(port));
  const { dev } = statSync(path);
  const words = ['-N', '-f', volfile, '-l', join(directory, 'client.log'), '-L', 'ERROR'];
  const client = launch('glusterfs', [...words, path], join(directory, 'client.err'));
  try {
    await until('the stock client mounts', async () => statSync(path).dev !== dev);
    return await work(path);
  } finally {
    spawnSync('umount', ['-l', path]);
    await signalled(client, 'SIGTERM');
  }
}
