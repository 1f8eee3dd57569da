import type { Disk } from '../../src/platform/disk.js';

/*
 * Defects to plant in the order of a brick's calls, to see that the walk through its crashes finds each. They are planted below
 * the brick: some calls are not made, or wait until another one was made.
 */

/** A call, by its name and the paths and names among its arguments. */
type Match = (name: string, words: string) => boolean;

export interface OrderBug {
  readonly name: string;
  /** The change whose crashes show it. */
  readonly on: string;
  readonly plant: (disk: Disk) => Disk;
}

const NONE: Match = () => false;
const GFID = '[0-9a-f-]{36}';
const HELD = new RegExp(`unlink/${GFID}(-${GFID})?$`);
const HANDLE = new RegExp(`glusterfs/../../${GFID}$`);
const NAME = / \/brick\/(?!\.glusterfs)[^ ]*$/;

const call =
  (name: string, words: RegExp): Match =>
  (made, paths) =>
    made === name && words.test(paths);

const either =
  (...matches: readonly Match[]): Match =>
  (name, words) =>
    matches.some((match) => match(name, words));

/** The first of several calls that are the same. */
function firstOf(match: Match): Match {
  const seen = new Set<string>();
  return (name, words) => match(name, words) && !seen.has(words) && seen.add(words) !== undefined;
}

/** A disk that skips some calls; or has some wait until after the next one of another kind, and follow what that one renames. */
function disorderly(skips: Match, waits: Match = NONE, until: Match = NONE) {
  return (disk: Disk): Disk => {
    const late: { readonly name: string; readonly args: readonly unknown[] }[] = [];
    const make = (name: string, args: readonly unknown[]): unknown => {
      const words = args.filter((arg) => typeof arg === 'string').join(' ');
      if (skips(name, words)) return name === 'readdir' ? [] : undefined;
      if (waits(name, words)) {
        late.push({ name, args });
        return undefined;
      }
      const answer = apply(disk, name, args);
      const [from, to] = args;
      if (until(name, words))
        for (const each of late.splice(0))
          apply(
            disk,
            each.name,
            each.args.map((arg) => (arg === from ? to : arg)),
          );
      return answer;
    };
    return new Proxy(disk, {
      get:
        (_, name) =>
        (...args: readonly unknown[]) =>
          make(String(name), args),
    });
  };
}

function apply(disk: Disk, name: string, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(disk, name);
  if (typeof method !== 'function') throw new TypeError(`${name} is no call`);
  return Reflect.apply(method, disk, args);
}

/** Whatever gives a name that clients see. */
const NAMING = either(call('link', NAME), call('rename', NAME));

const skipping = (match: Match) => disorderly(match);
const delaying = (waits: Match, until: Match) => disorderly(NONE, waits, until);

export const ORDER_BUGS: readonly OrderBug[] = [
  {
    name: 'files are not held while their names change',
    on: 'link',
    plant: skipping(either(call('link', HELD), call('unlink', HELD))),
  },
  {
    name: 'a gfid is written after the name',
    on: 'create',
    plant: delaying(call('setxattr', /-new trusted\.gfid$/), NAMING),
  },
  {
    name: 'permissions are set after the name',
    on: 'create',
    plant: delaying(call('chmod', /-new$/), NAMING),
  },
  {
    name: 'an owner is set after the name',
    on: 'create',
    plant: delaying(call('chown', /-new$/), NAMING),
  },
  {
    name: 'a new name is noted after it was made',
    on: 'create',
    plant: delaying(call('setxattr', /gfid2path/), NAMING),
  },
  {
    name: 'the start does not look at what is half done',
    on: 'create',
    plant: skipping(call('readdir', /unlink$/)),
  },
  {
    name: 'the start leaves false notes',
    on: 'link',
    plant: skipping(call('removexattr', /unlink\/.*gfid2path/)),
  },
  {
    name: 'the start leaves handles of what has no name',
    on: 'put',
    plant: skipping(call('unlink', HANDLE)),
  },
  {
    name: 'the start makes no handle again',
    on: 'put over a file',
    plant: skipping(call('link', new RegExp(`unlink/${GFID}(-${GFID})? .*${HANDLE.source}`))),
  },
  {
    name: 'a put gives its name before its handle',
    on: 'put',
    plant: delaying(call('link', /put-.* .*glusterfs/), call('rename', /put-/)),
  },
  {
    name: 'a put does not wait for its bytes',
    on: 'put',
    plant: skipping(call('fdatasync', /^$/)),
  },
  {
    name: 'a synced put does not sync its name',
    on: 'put, synced',
    plant: skipping(call('fsync', /^$/)),
  },
  {
    name: 'a synced write is not synced',
    on: 'writev, synced',
    plant: skipping(call('fdatasync', /^$/)),
  },
  {
    name: 'the handle of a directory that moves is not prepared',
    on: 'rename of a directory',
    plant: delaying(call('symlink', /unlink\/.*-handle$/), call('rename', NAME)),
  },
  {
    name: 'a directory that goes is not noted',
    on: 'rmdir',
    plant: skipping(either(call('link', /-handle$/), call('unlink', /-handle$/))),
  },
  {
    name: 'a mark is listed after it was made',
    on: 'xattrop that marks',
    plant: skipping(firstOf(call('link', /indices\/xattrop/))),
  },
];
