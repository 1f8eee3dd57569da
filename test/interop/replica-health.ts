import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brickPicture } from './brick-picture.js';
import { shell } from './shell.js';

/** What bricks of one replica set still owe: index entries, marks that are not zero, and what is to be thrown away. */
export async function owed(bricks: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const brick of bricks)
    found.push(...indexEntries(brick), ...(await marks(brick)), ...thrownAway(brick));
  return found;
}

function indexEntries(brick: string): string[] {
  const indices = join(brick, '.glusterfs/indices');
  return ['xattrop', 'dirty', 'entry-changes'].flatMap((kind) => {
    const base = new RegExp(`^${kind}-[0-9a-f-]{36}$`);
    const entries = readdirSync(join(indices, kind)).filter((name) => !base.test(name));
    return entries.map((name) => `${brick}: ${kind} of ${name}`);
  });
}

/** The landfill, and where heals put what another name may still want. */
function thrownAway(brick: string): string[] {
  const asides = readdirSync(brick).filter((name) => name.startsWith('.glusterfs-anonymous-inode'));
  return ['.glusterfs/landfill', ...asides].flatMap((directory) =>
    readdirSync(join(brick, directory)).map((name) => `${brick}: ${directory}/${name}`),
  );
}

async function marks(brick: string): Promise<string[]> {
  const dump =
    'cd $1; find . -path ./.glusterfs -prune -o -print0 | xargs -0 getfattr -h -d -m "^trusted.afr" -e hex --';
  let file = '';
  return (await shell(dump, brick)).split('\n').flatMap((line) => {
    if (line.startsWith('# file: ')) file = line.slice('# file: '.length);
    return /^trusted\.afr\..*=0x0*[^0]/.test(line) ? [`${brick}: ${file} ${line}`] : [];
  });
}

/** A picture for comparing copies: marks that are zero and marks that were never made are the same. */
export async function copyPicture(brick: string): Promise<string[]> {
  const picture = await brickPicture(brick);
  return picture.map((line) =>
    line
      .replace(/(, )?trusted\.afr\.[^=,}]*=0+(?=[,}])/g, '')
      .replace('{, ', '{')
      .replace(/, once named [^,}]*/g, ''),
  );
}

/** What the loss of a connection brings with it, and files that were open at that moment. */
const LOST =
  /saved_frames_unwind|not connected|errno=107|File descriptor in bad state|afr_is_reopen_allowed|No data available/;

/** Kinds of errors in a log of stock GlusterFS, but for those of a lost connection: where in its source they come from, and their number. */
export function errorKinds(log: string): Set<string> {
  const kinds = new Set<string>();
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const found = /^\[[^\]]*\] E (\[MSGID: \d+\] )?\[([^:]*):\d+:([^\]]*)\] (.*)$/.exec(line);
    if (found && !LOST.test(line)) kinds.add(`${found[2]} ${found[3]} ${found[1] ?? ''}`.trim());
  }
  return kinds;
}
