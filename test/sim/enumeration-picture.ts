import { dictBytes } from '../../src/fop/dict.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { isDirectory } from '../../src/fop/iatt.js';
import { intentOf } from '../../src/xlators/cluster/replicate/intents.js';
import { dict, type TestVolume } from '../contract/volume.js';
import type { EnumerationLab } from './enumeration-lab.js';
import { lineOf } from './enumeration-model.js';

const CONFLICT = /\.conflict-/;

/** What one brick holds, read below what serves it. */
export interface TreePicture {
  readonly lines: readonly string[];
  /** Contents of files. */
  readonly texts: readonly string[];
  /** Marks, and what its index lists. */
  readonly left: readonly string[];
}

export async function treePicture(lab: EnumerationLab, number: number): Promise<TreePicture> {
  const lines: string[] = [];
  const texts: string[] = [];
  const left: string[] = listed(lab, number);
  const brick = lab.brick(number);
  left.push(...(await marksOf(brick, ROOT_GFID, '/', lab.count)));
  const draw = async (gfid: Gfid, path: string): Promise<void> => {
    for (const name of await brick.names(gfid)) {
      if (name.startsWith('.glusterfs')) continue;
      const { stat, xdata } = await brick.lookup(gfid, name, dict({ 'user.x': 0 }));
      const isDir = isDirectory(stat);
      const text = isDir ? '' : await brick.content(stat.gfid);
      const xattr = dictBytes(xdata, 'user.x')?.toString() ?? '';
      const mode = stat.mode & 0o7777;
      const type = isDir ? 'directory' : 'file';
      lines.push(lineOf(`${path}${name}`, stat.gfid, { type, mode, text, xattr }));
      if (!isDir) texts.push(text);
      left.push(...(await marksOf(brick, stat.gfid, `${path}${name}`, lab.count)));
      if (isDir) await draw(stat.gfid, `${path}${name}/`);
    }
  };
  await draw(ROOT_GFID, '');
  return { lines: lines.toSorted(), texts, left: left.map((line) => `b${number}: ${line}`) };
}

/** The lines less those of versions that were kept beside others. */
export function withoutConflicts(lines: readonly string[]): string {
  return lines.filter((line) => !CONFLICT.test(line)).join('\n');
}

async function marksOf(brick: TestVolume, gfid: Gfid, path: string, count: number) {
  const keys = Array.from({ length: count }, (_, each) => `trusted.afr.b${each}`);
  const asked = dict(Object.fromEntries([...keys, 'trusted.afr.dirty'].map((key) => [key, 0])));
  const { xdata } = await brick.wind('lookup', { gfid, pargfid: gfid, bname: '' }, asked);
  return [...keys, 'trusted.afr.dirty'].flatMap((key) => {
    const value = dictBytes(xdata, key);
    return value?.some((byte) => byte !== 0) ? [`${path} ${key}=${value.toString('hex')}`] : [];
  });
}

function listed(lab: EnumerationLab, number: number): string[] {
  const disk = lab.disks[number];
  const base = '/brick/.glusterfs/indices';
  const names = (path: string): readonly string[] =>
    disk?.readdir(path).flatMap(({ name }) => (name.startsWith('.') ? [] : [name])) ?? [];
  const marked = (['xattrop', 'dirty'] as const).flatMap((kind) =>
    names(`${base}/${kind}`).flatMap((name) => (name.startsWith(kind) ? [] : [`${kind}/${name}`])),
  );
  const owed = names(`${base}/entry-changes`).flatMap((gfid) => {
    if (!/^[0-9a-f-]{36}$/.test(gfid)) return [];
    const noted = names(`${base}/entry-changes/${gfid}`);
    return noted.filter((name) => intentOf(name) === undefined).map((name) => `${gfid}/${name}`);
  });
  return [...marked, ...owed].map((what) => `listed ${what}`);
}
