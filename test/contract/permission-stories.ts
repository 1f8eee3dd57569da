import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Translator } from '../../src/fop/translator.js';
import { PermissionActor } from './permission-actor.js';
import { TestVolume } from './volume.js';

/** One line of a story, and what becomes of it here and on a stock brick. */
interface Line {
  readonly text: string;
  readonly here: string;
  readonly stock: string;
}

export interface Story {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** The stories of permissions.txt. */
export function permissionStories(): readonly Story[] {
  const text = readFileSync('test/contract/permissions.txt', 'utf8');
  return text
    .split(/^== /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      return { title, lines: lines.filter((line) => line.includes(' -> ')).map(read) };
    });
}

function read(line: string): Line {
  const [text = '', answer = ''] = line.split(' -> ').map((one) => one.trim());
  const [here = '', stock = here] = answer.split(', stock ');
  return { text, here, stock };
}

/** Plays a story in a directory of its own; every line has to end as it says. */
export async function play(top: Translator, story: Story, who: 'here' | 'stock'): Promise<void> {
  const base = story.title.replaceAll(/\W+/g, '-');
  await new TestVolume(top).mkdir(ROOT_GFID, base);
  const actor = new PermissionActor(top, base);
  const told: string[] = [];
  for (const { text } of story.lines) told.push(`${text} -> ${await actor.act(text)}`);
  assert.deepEqual(
    told,
    story.lines.map((line) => `${line.text} -> ${line[who]}`),
  );
}
