import assert from 'node:assert/strict';
import { LogStory } from './log-story.js';

/*
 * Why the log is as it is: the interleavings that break a plan of locks and write-once records, each told as a story of
 * three voters b1 b2 b3 and nodes A B C. `A(1)` is node A with epoch 1; `7=X` would be revision 7 with value X.
 */

function tells(story: LogStory, text: string): void {
  const expected = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  assert.deepEqual(story.lines, expected);
}

describe('config log: stories', () => {
  it('C1: what an old leader sent lands late, and does not count', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    const x = story.record('A', 'X');
    for (const voter of ['b1', 'b2']) story.file(voter).next('late');
    await story.accept('A', x, 'b1', 'b2');
    await story.takeOver('B', 2);
    await story.accept('B', story.record('B', 'Y'), 'b1', 'b2', 'b3');
    for (const voter of ['b1', 'b2']) story.file(voter).landLate();
    story.say('X lands on b1 and b2');
    await story.accept('A', x, 'b1', 'b2');
    await story.takeOver('C', 3);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 connection lost, b2 connection lost
       B(2) leads: committed up to 0, open nothing
       B accepts 1=Y: b1 ok, b2 ok, b3 ok
       X lands on b1 and b2
       A accepts 1=X: b1 lost to epoch 2, b2 lost to epoch 2
       C(3) leads: committed up to 0, open 1=Y`,
    );
  });

  it('C3: a record of a minority is finished under a newer epoch, and an older one does not come back', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    await story.accept('A', story.record('A', 'X'), 'b1');
    story.reach('b2', 'b3');
    await story.takeOver('B', 2);
    await story.accept('B', story.record('B', 'Y'), 'b2');
    story.reach('b1', 'b3');
    await story.takeOver('C', 3);
    for (const record of story.open('C')) await story.accept('C', record, 'b1', 'b3');
    story.say('C acknowledges X');
    story.reach('b1', 'b2', 'b3');
    await story.takeOver('B', 4);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 ok
       reachable: b2 b3
       B(2) leads: committed up to 0, open nothing
       B accepts 1=Y: b2 ok
       reachable: b1 b3
       C(3) leads: committed up to 0, open 1=X
       C accepts 1=X: b1 ok, b3 ok
       C acknowledges X
       reachable: b1 b2 b3
       B(4) leads: committed up to 0, open 1=X`,
    );
  });

  it('C4: records that differ on every voter wedge nothing: the highest epoch is taken up', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    await story.accept('A', story.record('A', 'X'), 'b1');
    story.reach('b2', 'b3');
    await story.takeOver('B', 2);
    await story.accept('B', story.record('B', 'Y'), 'b2');
    story.reach('b3', 'b1');
    await story.takeOver('C', 3);
    for (const record of story.open('C')) await story.accept('C', record, 'b3');
    story.reach('b2', 'b3');
    await story.takeOver('A', 4);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 ok
       reachable: b2 b3
       B(2) leads: committed up to 0, open nothing
       B accepts 1=Y: b2 ok
       reachable: b3 b1
       C(3) leads: committed up to 0, open 1=X
       C accepts 1=X: b3 ok
       reachable: b2 b3
       A(4) leads: committed up to 0, open 1=X`,
    );
  });

  it('C5: a torn record never was, and its writer cannot count it', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    const x = story.record('A', 'X');
    await story.accept('A', x, 'b1');
    story.file('b2').next('torn');
    await story.accept('A', x, 'b2');
    story.reach('b2', 'b3');
    await story.takeOver('B', 2);
    await story.accept('B', story.record('B', 'Y'), 'b2', 'b3');
    story.reach('b1', 'b2', 'b3');
    await story.accept('A', x, 'b2');
    await story.takeOver('C', 3);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 ok
       A accepts 1=X: b2 connection lost
       reachable: b2 b3
       B(2) leads: committed up to 0, open nothing
       B accepts 1=Y: b2 ok, b3 ok
       reachable: b1 b2 b3
       A accepts 1=X: b2 lost to epoch 2
       C(3) leads: committed up to 0, open 1=Y`,
    );
  });

  it('C6: whole is not committed: an accepted record is open until a majority is known to have it', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    await story.accept('A', story.record('A', 'X'), 'b1');
    story.reach('b1', 'b2');
    await story.takeOver('B', 2);
    for (const record of story.open('B')) await story.accept('B', record, 'b1', 'b2');
    story.reach('b2', 'b3');
    await story.takeOver('C', 3);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 ok
       reachable: b1 b2
       B(2) leads: committed up to 0, open 1=X
       B accepts 1=X: b1 ok, b2 ok
       reachable: b2 b3
       C(3) leads: committed up to 0, open 1=X`,
    );
  });

  it('a lost reply is looked up, never sent again blindly', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    const x = story.record('A', 'X');
    story.file('b1').next('unanswered');
    await story.accept('A', x, 'b1');
    story.reach('b1', 'b2');
    await story.takeOver('B', 2);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 connection lost
       reachable: b1 b2
       B(2) leads: committed up to 0, open 1=X`,
    );
  });

  it('C11: a disk that was rolled back has no vote, whoever can tell', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    const { bytes } = story.file('b2');
    await story.accept('A', story.record('A', 'X'), 'b1', 'b2');
    story.tellLengths('A', 'C');
    story.rollBack('b2', bytes);
    story.reach('b2', 'b3');
    await story.takeOver('C', 2);
    story.reach('b1', 'b2', 'b3');
    await story.takeOver('C', 3);
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       A accepts 1=X: b1 ok, b2 ok
       C hears from A how long the logs are
       b2 is rolled back
       reachable: b2 b3
       C(2) does not lead: no majority
       reachable: b1 b2 b3
       C(3) leads: committed up to 0, open 1=X`,
    );
  });

  it('without a majority nobody leads, and nobody is disturbed', async () => {
    const story = new LogStory();
    await story.takeOver('A', 1);
    story.reach('b1');
    await story.takeOver('B', 2);
    story.reach('b1', 'b2', 'b3');
    await story.accept('A', story.record('A', 'X'), 'b1', 'b2', 'b3');
    tells(
      story,
      `A(1) leads: committed up to 0, open nothing
       reachable: b1
       B(2) does not lead: no majority
       reachable: b1 b2 b3
       A accepts 1=X: b1 ok, b2 ok, b3 ok`,
    );
  });

  it('an epoch that came first is lost to, before anything was promised', async () => {
    const story = new LogStory();
    await story.takeOver('B', 5);
    await story.takeOver('A', 4);
    tells(
      story,
      `B(5) leads: committed up to 0, open nothing
       A(4) does not lead: lost to epoch 5`,
    );
  });
});
