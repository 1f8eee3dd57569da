import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { decodeMdata } from '../../src/xlators/storage/posix/mdata.js';
import { needInterop, type StockMount, stockMount } from './stock-client.js';
import { startTwins, type TwinBricks } from './twin-bricks.js';

/*
 * Whose times does which fop move? A stock client with features/utime does the same on a stock brick and on ours, and after each step the
 * times that the bricks keep in trusted.glusterfs.mdata are compared with those before it.
 */

const clientVolfile = (port: number): string => `
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick
end-volume
volume utime
    type features/utime
    option noatime on
    subvolumes client
end-volume
`;

type Step = readonly [what: string, run: (at: (name: string) => string) => Promise<unknown>];

const STEPS: readonly Step[] = [
  ['create', (at) => fs.writeFile(at('f'), '')],
  ['mkdir', (at) => fs.mkdir(at('d'))],
  ['write', (at) => fs.writeFile(at('f'), 'text', { flag: 'r+' })],
  ['append', (at) => fs.appendFile(at('f'), 'more')],
  ['read', (at) => fs.readFile(at('f'))],
  ['readdir', (at) => fs.readdir(at('d'))],
  ['chmod', (at) => fs.chmod(at('f'), 0o600)],
  ['chmod of a directory', (at) => fs.chmod(at('d'), 0o700)],
  ['chown', (at) => fs.chown(at('f'), 5, 6)],
  ['utimes', (at) => fs.utimes(at('f'), 1000, 2000)],
  ['write after utimes', (at) => fs.writeFile(at('f'), 'other', { flag: 'r+' })],
  ['truncate', (at) => fs.truncate(at('f'), 2)],
  ['truncate to grow', (at) => fs.truncate(at('f'), 20)],
  ['open with O_TRUNC', async (at) => (await fs.open(at('f'), 'w')).close()],
  ['setxattr', (at) => sh('setfattr', '-n', 'user.a', '-v', '1', at('f'))],
  ['removexattr', (at) => sh('setfattr', '-x', 'user.a', at('f'))],
  ['setxattr of a directory', (at) => sh('setfattr', '-n', 'user.a', '-v', '1', at('d'))],
  ['link', (at) => fs.link(at('f'), at('d/g'))],
  ['unlink of one name', (at) => fs.unlink(at('d/g'))],
  ['rename', (at) => fs.rename(at('f'), at('g'))],
  ['rename into a directory', (at) => fs.rename(at('g'), at('d/f'))],
  ['rename back', (at) => fs.rename(at('d/f'), at('f'))],
  ['symlink', (at) => fs.symlink('f', at('s'))],
  ['mkfifo', (at) => sh('mkfifo', at('p'))],
  ['fallocate', (at) => sh('fallocate', '-l', '8192', at('f'))],
  ['punch a hole', (at) => sh('fallocate', '-p', '-o', '0', '-l', '4096', at('f'))],
  ['mkdir inside', (at) => fs.mkdir(at('d/e'))],
  ['rename of a directory', (at) => fs.rename(at('d/e'), at('e'))],
  ['rmdir', (at) => fs.rmdir(at('e'))],
  ['create over', (at) => fs.writeFile(at('h'), 'h')],
  ['rename over', (at) => fs.rename(at('h'), at('f'))],
  ['unlink', (at) => fs.unlink(at('f'))],
];

/** Where a filesystem moves other times than 10.3 does, ours are those of a filesystem. */
const DIFFERENT: readonly (readonly [step: string, stock: string, ours: string])[] = [
  ['fallocate', 'f: atime mtime', 'f: mtime ctime'],
  ['punch a hole', '', 'f: mtime ctime'],
  ['setxattr', '', 'f: ctime'],
  ['setxattr of a directory', '', 'd: ctime'],
];

const LOOKED_AT = ['', 'f', 'g', 'h', 'd', 'd/f', 'd/g', 'd/e', 'e', 's', 'p'];

function sh(program: string, ...words: readonly string[]): Promise<unknown> {
  return promisify(execFile)(program, words);
}

describe('kept times, of a stock client on stock glusterfsd and on our brick', function () {
  this.timeout(120_000);
  let directory = '';
  let twins: TwinBricks | undefined;
  const mounts: StockMount[] = [];
  const disk = nodeDisk();

  before(async function () {
    needInterop(this, 'glusterfsd', 'fallocate', 'mkfifo');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-times-'));
    twins = await startTwins({});
  });

  after(async () => {
    for (const mount of mounts) await mount.unmount();
    await twins?.close();
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  /** By inode, so that a rename loses nothing: each of the three times as text. */
  function keptTimes(brick: string): Map<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    for (const name of LOOKED_AT) {
      const path = join(brick, name);
      const stat = disk.find(path);
      if (stat === undefined) continue;
      found.set(name === '' ? '.' : name, [String(stat.ino), ...timesOf(path)]);
    }
    return found;
  }

  function timesOf(path: string): readonly string[] {
    const value = disk.findxattr(path, 'trusted.glusterfs.mdata');
    const times = value && decodeMdata(value);
    if (times === undefined) return ['none'];
    const { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec } = times;
    return [`${atime}.${atimeNsec}`, `${mtime}.${mtimeNsec}`, `${ctime}.${ctimeNsec}`];
  }

  /** Which times of which names a step has moved. */
  function moved(
    before: ReadonlyMap<string, readonly string[]>,
    after: ReadonlyMap<string, readonly string[]>,
  ): string {
    const lines = [...after].flatMap(([name, [ino, ...times]]) => {
      const [, old = []] = [...before].find(([, [other]]) => other === ino) ?? [];
      const [, ...was] = old;
      const words = ['atime', 'mtime', 'ctime'].filter((_, at) => times[at] !== was[at]);
      if (times[0] === 'none') return [`${name}: none kept`];
      return words.length === 0 ? [] : [`${name}: ${words.join(' ')}`];
    });
    return lines.join('; ');
  }

  async function movedBy(whose: 'ours' | 'stock'): Promise<ReadonlyMap<string, string>> {
    assert.ok(twins);
    const { path, port } = twins[whose];
    const mount = await stockMount(directory, whose, clientVolfile(port));
    mounts.push(mount);
    const seen = new Map<string, string>();
    for (const [what, run] of STEPS) {
      const before = keptTimes(path);
      await run((name) => join(mount.path, name));
      seen.set(what, moved(before, keptTimes(path)));
    }
    return seen;
  }

  it('are moved by the same fops', async () => {
    const stock = new Map(await movedBy('stock'));
    assert.equal(stock.get('write'), 'f: mtime ctime');
    for (const [step, ofStock, ofOurs] of DIFFERENT) {
      assert.equal(stock.get(step), ofStock, step);
      stock.set(step, ofOurs);
    }
    assert.deepEqual(await movedBy('ours'), stock);
  });
});
