import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { gfidOf } from './replica-lab.js';
import { ReplicaStory } from './replica-story.js';

/*
 * What a reader of a replica set sees while its bricks go, come, lag behind and contradict each other. Writers are not
 * part of these stories: what they would leave on the bricks is put there.
 */

function tells(story: ReplicaStory, text: string): Promise<void> {
  const expected = text
    .split('\n')
    .map((line) => line.replace(/^ {7}/, ''))
    .filter((line) => line !== '');
  assert.deepEqual(story.lines, expected);
  return story.lab.stop();
}

const F = gfidOf(4);

describe('replica set: stories of reading', () => {
  it('a brick goes and comes back with what it had missed', async () => {
    const story = await ReplicaStory.of(3);
    await story.write('f', 'old', F, 1);
    await story.read('f');
    story.down(1);
    await story.write('f', 'newer', F, 0, 2);
    for (const by of [0, 2]) {
      await story.accuse(by, 1, F, 'data', 'f');
      await story.accuse(by, 1, ROOT_GFID, 'entry', '/');
    }
    await story.read('f');
    story.up(1);
    await story.read('f');
    for (const by of [0, 2]) await story.lab.clear(by, 1, F);
    await tells(
      story,
      `f is "old" on b1
         tells child-up
       read f: ENOENT; looked up at b0 b1 b2
       b1 down
       f is "newer" on b0 b2
       b0 accuses b1: data of f
       b0 accuses b1: entry of /
       b2 accuses b1: data of f
       b2 accuses b1: entry of /
       read f: "newer" of 5 bytes; looked up at b0 b2, read at b0
       b1 up
       read f: "newer" of 5 bytes; looked up at b0 b1 b2, read at b0
         warn: a subvolume lags behind; its good files are read, others elsewhere (data is accused by subvolume 0)`,
    );
  });

  it('names that a brick has missed, and one that it has not heard to be gone', async () => {
    const story = await ReplicaStory.of(3);
    await story.write('kept', '', gfidOf(7), 0, 1, 2);
    await story.write('removed', '', gfidOf(8), 1);
    await story.write('made', 'x', gfidOf(9), 0, 2);
    for (const by of [0, 2]) await story.accuse(by, 1, ROOT_GFID, 'entry', '/');
    await story.read('removed');
    await story.read('made');
    await story.list();
    await tells(
      story,
      `kept is "" on b0 b1 b2
         tells child-up
       removed is "" on b1
       made is "x" on b0 b2
       b0 accuses b1: entry of /
       b2 accuses b1: entry of /
       read removed: ENOENT; looked up at b0 b1 b2
         warn: a subvolume lags behind; its good files are read, others elsewhere (entry is accused by subvolume 0)
       read made: "x" of 1 bytes; looked up at b0 b1 b2, read at b0
       list: kept made, read at b0`,
    );
  });

  it('copies that contradict each other, and nobody to blame', async () => {
    const story = await ReplicaStory.of(3);
    await story.write('f', 'by hand', gfidOf(66), 2);
    await story.write('f', 'text', F, 0, 1);
    await story.read('f');
    story.down(1);
    await story.read('f');
    story.up(1);
    await story.read('f');
    await tells(
      story,
      `f is "by hand" on b2
         tells child-up
       f is "text" on b0 b1
       read f: "text" of 4 bytes; looked up at b0 b1 b2, read at b1
         warn: a subvolume lags behind; its good files are read, others elsewhere (it has no such inode)
       b1 down
       read f: ENOTCONN; looked up at b0 b2
         error: split-brain: one name stands for several files (b0: ${F}; b2: ${gfidOf(66)})
       b1 up
       read f: "text" of 4 bytes; looked up at b0 b1 b2, read at b1
         warn: a subvolume lags behind; its good files are read, others elsewhere (it has no such inode)`,
    );
  });

  it('the quorum is lost and comes back', async () => {
    const story = await ReplicaStory.of(3);
    await story.write('f', 'text', F, 0, 1, 2);
    story.down(0);
    await story.read('f');
    story.down(1);
    await story.read('f');
    await story.list();
    story.up(0);
    await story.read('f');
    await tells(
      story,
      `f is "text" on b0 b1 b2
         tells child-up
       b0 down
       read f: "text" of 4 bytes; looked up at b1 b2, read at b1
       b1 down
         tells child-down
       read f: ENOTCONN; looked up at nobody
       list: ENOTCONN
       b0 up
         tells child-up
       read f: "text" of 4 bytes; looked up at b0 b2, read at b0`,
    );
  });

  it('without a quorum rule the last copy is read, unless it knows itself to be half made', async () => {
    const story = await ReplicaStory.of(2, { 'quorum-type': 'none' });
    await story.write('f', 'text', F, 0, 1);
    await story.write('half', '', gfidOf(5), 1);
    await story.accuse(1, 1, gfidOf(5), 'data', 'half');
    story.down(0);
    await story.read('f');
    await story.read('half');
    await tells(
      story,
      `f is "text" on b0 b1
         tells child-up
       half is "" on b1
       b1 accuses b1: data of half
       b0 down
       read f: "text" of 4 bytes; looked up at b1, read at b1
       read half: ENOTCONN; looked up at b1
         warn: a subvolume lags behind; its good files are read, others elsewhere (data is accused by itself)
         error: split-brain: no copy that is up is good (b1: data is accused by itself)`,
    );
  });
});
