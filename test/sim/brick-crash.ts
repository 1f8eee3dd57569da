import { type ErrnoName, isErrno } from '../../src/fop/error.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import { isDirectory } from '../../src/fop/iatt.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildGraph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import type { Disk } from '../../src/platform/disk.js';
import { absent } from '../../src/xlators/storage/posix/brick.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { instantly, ManualClock, seeded } from '../contract/platforms.js';
import { NO_NETWORK, VOLUME_ID } from '../contract/stacks.js';
import { TestVolume } from '../contract/volume.js';
import { type BrickChange, makeGround } from './brick-changes.js';
import { type Change, type Picture, paint, pictureOf, withChanges } from './brick-picture.js';
import { type Effect, Recorder } from './brick-recorder.js';
import { complaintsOf, visibleOf } from './brick-soundness.js';
import { SimDisk } from './disk.js';

/*
 * The walk through every point at which a change of a brick can be cut short.
 *
 * A fop is done once, and each system call that changes the disk is noted with what it changed. From that come the states that a
 * crash can leave:
 *
 *   killed      what the first k calls did, for every k
 *   powerless   the same, and any of the bytes that no sync has put on the platter are not there: a filesystem with a
 *               journal (ext4 ordered, xfs) keeps the order of names and attributes
 *   shuffled    any part of what no sync has put on the platter: a disk or filesystem that keeps no order
 *
 * Each state is painted on a fresh disk, a brick is started there, and what lies there then is judged by files alone
 * (brick-soundness.ts). The start itself is cut short in the same way.
 */

const PATH = '/brick';
const JANITOR_MS = 11_000;
const SEARCH_MS = 21;
const SEARCH_TICKS = 400;
const REGISTRY = registryOf([...TRANSLATORS.values()]);
const VOLFILE = `
volume posix
    type storage/posix
    option directory ${PATH}
    option volume-id ${VOLUME_ID}
    option update-link-count-parent on
end-volume
volume index
    type features/index
    option index-base ${PATH}/.glusterfs/indices
    option xattrop-pending-watchlist trusted.afr.vol-
    option xattrop-dirty-watchlist trusted.afr.dirty
    subvolumes posix
end-volume
`;

/** Puts a defect below a brick. */
export type Defect = (disk: Disk) => Disk;
const SOUND: Defect = (disk) => disk;

function emptyDisk(): SimDisk {
  return new SimDisk({ clock: instantly(), random: seeded(1), syncMs: [0, 0] });
}

/** A brick that runs, and time that it is given. */
class RunningBrick {
  private constructor(
    readonly graph: Graph,
    readonly volume: TestVolume,
    private readonly clock: ManualClock,
  ) {}

  static async on(disk: Disk): Promise<RunningBrick> {
    const clock = new ManualClock();
    const platform = { disk, clock, random: seeded(2), network: NO_NETWORK };
    const graph = buildGraph(VOLFILE, REGISTRY, platform);
    await graph.start();
    return new RunningBrick(graph, new TestVolume(graph.top), clock);
  }

  /** The search for handles without a name comes to its end. */
  search(): void {
    for (let tick = 0; tick < SEARCH_TICKS; tick++) this.clock.advance(SEARCH_MS);
  }

  /** The janitor comes. */
  clean(): void {
    this.clock.advance(JANITOR_MS);
  }
}

/** A fop, what it found, and what each of its calls did. */
export interface Recorded {
  readonly change: BrickChange;
  readonly before: Picture;
  readonly effects: readonly Effect[];
}

export async function record(change: BrickChange, defect: Defect = SOUND): Promise<Recorded> {
  const disk = emptyDisk();
  prepareBrick(disk, PATH, VOLUME_ID);
  const recorder = new Recorder(disk, PATH);
  const { volume } = await RunningBrick.on(defect(recorder.disk));
  const ground = await makeGround(volume);
  const prepared = await change.prepare?.(ground);
  recorder.start();
  await change.run(ground, prepared);
  return { change, before: recorder.before ?? pictureOf(disk, PATH), effects: recorder.effects };
}

/** What is wrong with a brick after each call of a fop has failed once: the fop says so, and has done all or nothing. */
export async function judgeRefusals(recorded: Recorded, errno: ErrnoName): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, { call }] of recorded.effects.entries())
    for (const each of await refusedAt(recorded.change, index, errno))
      wrong.push(`${recorded.change.name}, ${errno} at ${index + 1} (${call}): ${each}`);
  return wrong;
}

/** What the next lookup or start puts right where a call after the decisive one failed; nobody is served wrongly meanwhile. */
const MENDED_LATER = / is left$|noted and not so|no name$|says otherwise$|is counted in| leads to /;

async function refusedAt(change: BrickChange, index: number, errno: ErrnoName): Promise<string[]> {
  const disk = emptyDisk();
  prepareBrick(disk, PATH, VOLUME_ID);
  const recorder = new Recorder(disk, PATH);
  const { volume } = await RunningBrick.on(recorder.disk);
  const ground = await makeGround(volume);
  const prepared = await change.prepare?.(ground);
  recorder.start();
  recorder.refuse(index, errno);
  const failure = await change.run(ground, prepared).then(
    () => undefined,
    (error: unknown) => error,
  );
  const running = pictureOf(disk, PATH);
  const wrong = complaintsOf(running).filter((each) => !MENDED_LATER.test(each));
  if (failure !== undefined && !isErrno(failure, errno)) wrong.push(`it says ${String(failure)}`);
  const { after } = await restarted(running);
  wrong.push(...complaintsOf(after).map((each) => `after a start, ${each}`));
  return wrong;
}

/** A state that a crash leaves. */
export interface CrashState {
  readonly title: string;
  readonly picture: Picture;
}

export function killedStates({ before, effects }: Recorded): CrashState[] {
  return statesBetween(before, effects);
}

function statesBetween(before: Picture, effects: readonly Effect[]): CrashState[] {
  return Array.from({ length: effects.length + 1 }, (_, count) => ({
    title: titleOf(effects, count),
    picture: withChanges(before, allChanges(effects.slice(0, count))),
  }));
}

function titleOf(effects: readonly Effect[], count: number): string {
  return count === 0 ? 'before the first call' : `after ${count}: ${effects[count - 1]?.call}`;
}

function allChanges(effects: readonly Effect[]): Change[] {
  return effects.flatMap(({ changes }) => changes);
}

/** Without bytes that were not synced: there are few such calls in a fop, and one cut loses them all or none. */
export function powerlessStates({ before, effects }: Recorded): CrashState[] {
  const isLost = (effect: Effect, change: Change) => change.what === 'bytes' && !effect.isSynced;
  if (!effects.some((effect) => effect.changes.some((each) => isLost(effect, each)))) return [];
  return Array.from({ length: effects.length + 1 }, (_, count) => {
    const first = effects.slice(0, count);
    const kept = first.flatMap((effect) => effect.changes.filter((each) => !isLost(effect, each)));
    return { title: `power lost ${titleOf(effects, count)}`, picture: withChanges(before, kept) };
  });
}

/** `count` parts of all effects, drawn by `seed`; all parts where there are no more than that. */
export function shuffledStates(
  { before, effects }: Recorded,
  count: number,
  seed: number,
): CrashState[] {
  const free = effects.filter(({ isSynced }) => !isSynced).length;
  const random = seeded(seed);
  const all = 2 ** free;
  return Array.from({ length: Math.min(count, all) }, (_, n) => {
    const pick = all <= count ? n : random.int(2 ** Math.min(free, 30));
    let bit = 0;
    const kept = effects.filter(({ isSynced }) => isSynced || (pick & (1 << bit++)) !== 0);
    const title = `only ${kept.map(({ call }) => call.split(' ')[0]).join(', ')} (${pick})`;
    return { title, picture: withChanges(before, allChanges(kept)) };
  });
}

/** What a start makes of a state. */
export async function restarted(state: Picture, defect: Defect = SOUND) {
  const disk = emptyDisk();
  paint(disk, PATH, state);
  const brick = await RunningBrick.on(defect(disk));
  brick.clean();
  return { brick, disk, after: pictureOf(disk, PATH) };
}

/** Where a start that puts a state in order can be cut short itself. */
export async function startsCutShort({ title, picture }: CrashState): Promise<CrashState[]> {
  const disk = emptyDisk();
  paint(disk, PATH, picture);
  for (let byte = 0; byte < 256; byte++) {
    const directory = `${PATH}/.glusterfs/${byte.toString(16).padStart(2, '0')}`;
    absent(() => disk.mkdir(directory, 0o700), 'EEXIST');
  }
  const recorder = new Recorder(disk, PATH);
  recorder.start();
  const brick = await RunningBrick.on(recorder.disk);
  brick.clean();
  const states = statesBetween(recorder.before ?? picture, recorder.effects);
  return states
    .slice(1, -1)
    .map((state) => ({ ...state, title: `${title}, start ${state.title}` }));
}

/** What is wrong with a brick that starts from a state in which nothing is out of order, in words. */
export async function judge(
  recorded: Recorded,
  state: CrashState,
  defect: Defect = SOUND,
): Promise<string[]> {
  const { before, effects, change } = recorded;
  const { after, disk } = await restarted(state.picture, defect);
  const wrong = complaintsOf(after);
  const done = withChanges(before, allChanges(effects));
  if (
    change.isSeveral !== true &&
    !isWholeOrAbsent(after, before, done, change.isPiecewise === true)
  )
    wrong.push('the change is neither there nor not there');
  const again = await RunningBrick.on(defect(disk));
  again.clean();
  if (!isSame(pictureOf(disk, PATH), after)) wrong.push('a second start changes something');
  return wrong.map((each) => `${change.name}, ${state.title}: ${each}`);
}

function isWholeOrAbsent(
  found: Picture,
  before: Picture,
  done: Picture,
  isPiecewise: boolean,
): boolean {
  const [seen, old, fresh] = [visibleOf(found), visibleOf(before), visibleOf(done)];
  const text = (lines: ReadonlyMap<string, string>) => JSON.stringify([...lines]);
  if (isPiecewise) return JSON.stringify([...seen.keys()]) === JSON.stringify([...old.keys()]);
  return text(seen) === text(old) || text(seen) === text(fresh);
}

function isSame(a: Picture, b: Picture): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain({ nodes }: Picture) {
  return [...nodes].map(([ino, { names, xattrs, ...rest }]) => ({
    ino: `${ino}`,
    names: [...names].map(([name, child]) => `${name} ${child}`).sort(),
    xattrs: [...xattrs].sort(),
    ...rest,
  }));
}

/** What is wrong where no order was kept: nothing may be refused for ever, and nobody else may be harmed. */
export async function judgeShuffled(
  recorded: Recorded,
  state: CrashState,
  defect: Defect = SOUND,
): Promise<string[]> {
  const { before, effects, change } = recorded;
  const wrong: string[] = [];
  const { brick, disk } = await restarted(state.picture, defect);
  await lookAtAll(brick.volume, ROOT_GFID, '', wrong);
  brick.search();
  const after = pictureOf(disk, PATH);
  wrong.push(
    ...complaintsOf(after).filter((each) => / has no (gfid|handle|name)| leads to /.test(each)),
  );
  const done = visibleOf(withChanges(before, allChanges(effects)));
  const seen = visibleOf(after);
  for (const [path, line] of visibleOf(before))
    if (done.get(path) === line && seen.get(path) !== line) wrong.push(`${path} was harmed`);
  await removeAll(brick.volume, ROOT_GFID, '', wrong);
  return wrong.map((each) => `${change.name}, ${state.title}: ${each}`);
}

/** What is wrong when power is lost after the answer, and all that no sync has saved is gone. */
export async function judgeAnswered(recorded: Recorded, defect: Defect = SOUND): Promise<string[]> {
  const { before, effects, change } = recorded;
  const wrong: string[] = [];
  const saved = effects.filter(({ isSynced }) => isSynced);
  const { brick, disk } = await restarted(withChanges(before, allChanges(saved)), defect);
  await lookAtAll(brick.volume, ROOT_GFID, '', wrong);
  const seen = [...visibleOf(pictureOf(disk, PATH))];
  const done = [...visibleOf(withChanges(before, allChanges(effects)))];
  if (JSON.stringify(seen) !== JSON.stringify(done)) wrong.push('what was answered is not there');
  return wrong.map((each) => `${change.name}, power lost after the answer: ${each}`);
}

async function lookAtAll(
  volume: TestVolume,
  gfid: Gfid,
  path: string,
  wrong: string[],
): Promise<void> {
  for (const name of await volume.names(gfid)) {
    try {
      const found = await volume.wind(
        'lookup',
        { gfid: NULL_GFID, pargfid: gfid, bname: name },
        volume.wantGfid(),
      );
      if (isDirectory(found.stat))
        await lookAtAll(volume, found.stat.gfid, `${path}/${name}`, wrong);
    } catch (error) {
      wrong.push(`lookup of ${path}/${name}: ${String(error)}`);
    }
  }
}

/** Whatever is there can be removed by those who see it. */
async function removeAll(
  volume: TestVolume,
  gfid: Gfid,
  path: string,
  wrong: string[],
): Promise<void> {
  for (const name of await volume.names(gfid)) {
    const { stat } = await volume.lookup(gfid, name);
    try {
      if (isDirectory(stat)) {
        await removeAll(volume, stat.gfid, `${path}/${name}`, wrong);
        await volume.wind('rmdir', { pargfid: gfid, bname: name, xflags: 0 });
      } else await volume.unlink(gfid, name);
    } catch (error) {
      wrong.push(`removal of ${path}/${name}: ${String(error)}`);
    }
  }
}
