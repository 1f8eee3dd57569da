import { type Dict, type DictValue, dictBytes } from '../../src/fop/dict.js';
import { FopError } from '../../src/fop/error.js';
import type { FopName, Reply, Request } from '../../src/fop/fops.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { HEALER_PID } from '../../src/xlators/cluster/replicate/heal/session.js';
import { intentOf } from '../../src/xlators/cluster/replicate/intents.js';
import type { Call, Flaw, Planted } from './enumeration-lab.js';

/*
 * Defects of replicate and of its heal, planted between a replica set and its bricks: calls that are not made, say something else, or are
 * answered otherwise, as they would be if the code above had the defect. Some case of the enumeration has to find each.
 */

/** Counts of data, metadata and entry. */
type Counts = readonly [number, number, number];
type Recount = (key: string, counts: Counts) => Counts;

export interface ReplicaBug extends Planted {
  readonly name: string;
}

const AFR = 'trusted.afr.';
const DIRTY = 'trusted.afr.dirty';
const NONE: Counts = [0, 0, 0];
const ENTRYLK_UNLOCK = 1;
const OWED = 'glusterfs.xattrop-entry-create';

const isHealers = ({ frame }: Call): boolean => frame.pid === HEALER_PID;
const isMark = ({ fop }: Call): boolean => fop === 'xattrop' || fop === 'fxattrop';

function countsOf(bytes: Buffer): Counts {
  return [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8)];
}

function recounted(dict: Dict, recount: Recount): Dict {
  if (!dict) return dict;
  return new Map(
    [...dict].map(([key, value]): [string, DictValue] => {
      const bytes = key.startsWith(AFR) ? dictBytes(dict, key) : undefined;
      if (bytes?.length !== 12) return [key, value];
      const changed = Buffer.alloc(12);
      for (const [index, count] of recount(key, countsOf(bytes)).entries())
        changed.writeInt32BE(count, index * 4);
      return [key, { type: 'bytes', bytes: changed }];
    }),
  );
}

/** What `who` adds to marks is something else. */
function marking(who: (call: Call) => boolean, recount: Recount): () => Flaw {
  return () => (call, next) => {
    if (!isMark(call) || !who(call)) return next();
    const request = call.request as Request<'xattrop'>;
    return next({ ...request, dict: recounted(request.dict, recount) } as Request<FopName>);
  };
}

const isWriters = (call: Call): boolean => !isHealers(call);
const without = (kind: number) => (counts: Counts) =>
  counts.map((count, index) => (index === kind ? 0 : count)) as unknown as Counts;

/** The blame of clients, less one kind. */
const blameless = (kind: number) =>
  marking(isWriters, (key, counts) => (key === DIRTY ? counts : without(kind)(counts)));

/** What clients and healers are told of marks is something else. */
function telling(who: (call: Call) => boolean, change: (dict: Dict, call: Call) => Dict) {
  return (): Flaw => async (call, next) => {
    const reply = await next();
    if (!who(call)) return reply;
    if (isMark(call)) {
      const { dict, ...rest } = reply as Reply<'xattrop'>;
      return { ...rest, dict: change(dict, call) };
    }
    if (call.fop !== 'lookup') return reply;
    const { xdata, ...rest } = reply as Reply<'lookup'>;
    return { ...rest, xdata: change(xdata, call) };
  };
}

const nothingMarked = (dict: Dict): Dict => recounted(dict, () => NONE);

/** Each is said of the next one. */
function rotated(dict: Dict): Dict {
  if (!dict) return dict;
  const keys = [...dict.keys()].filter((key) => key.startsWith(AFR) && key !== DIRTY).sort();
  const values = keys.map((key) => dict.get(key));
  return new Map(
    [...dict].map(([key, value]): [string, DictValue] => {
      const at = keys.indexOf(key);
      return [key, at === -1 ? value : (values[(at + 1) % keys.length] ?? value)];
    }),
  );
}

/** Some calls are something else, or answered without being made. */
function instead<F extends FopName>(
  fop: F,
  who: (call: Call) => boolean,
  change: (
    request: Request<F>,
    next: (request: Request<F>) => Promise<unknown>,
    call: Call,
  ) => Promise<unknown>,
): () => Flaw {
  return () => (call, next) => {
    if (call.fop !== fop || !who(call)) return next();
    const go = (request: Request<F>): Promise<unknown> => next(request as Request<FopName>);
    return change(call.request as Request<F>, go, call);
  };
}

const UNCHANGED = { prebuf: NO_IATT, postbuf: NO_IATT, xdata: null };
const unwritten = async ({ data }: Request<'writev'>): Promise<unknown> => ({
  ...UNCHANGED,
  written: data.length,
});

/** Notes of names are something else; undefined: they are not made. */
function noting(change: (name: string) => string | undefined): () => Flaw {
  return () => (call, next) => {
    const { request } = call;
    const value = isMark(call) && isWriters(call) ? request.xdata?.get(OWED) : undefined;
    if (value?.type !== 'string') return next();
    const name = change(value.text);
    const left = [...(request.xdata ?? [])].filter(([key]) => key !== OWED);
    const now: [string, DictValue][] =
      name === undefined ? [] : [[OWED, { type: 'string', text: name }]];
    return next({ ...request, xdata: new Map([...left, ...now]) });
  };
}

/** The lock of a name is given back before anything is marked. */
function unlockedBefore(): Flaw {
  const giving = new Map<number, (() => Promise<unknown>)[]>();
  return async (call, next) => {
    const { fop, child, request } = call;
    if (fop === 'entrylk' && isWriters(call)) {
      const give = { ...(request as Request<'entrylk'>), cmd: ENTRYLK_UNLOCK } as Request<FopName>;
      giving.set(child, [...(giving.get(child) ?? []), () => next(give)]);
    }
    if (!isMark(call) || isHealers(call)) return next();
    const gives = giving.get(child) ?? [];
    giving.set(child, []);
    for (const give of gives) await give().catch(() => undefined);
    return next();
  };
}

export const REPLICA_BUGS: readonly ReplicaBug[] = [
  {
    name: 'nothing is marked as under way',
    flaw: marking(isWriters, (key, counts) => (key === DIRTY ? NONE : counts)),
  },
  {
    name: 'attributes are not marked as under way',
    flaw: marking(isWriters, (key, counts) => (key === DIRTY ? without(1)(counts) : counts)),
  },
  { name: 'nobody is blamed for missing bytes', flaw: blameless(0) },
  { name: 'nobody is blamed for missing attributes', flaw: blameless(1) },
  { name: 'nobody is blamed for missing names', flaw: blameless(2) },
  {
    name: 'the wrong child is blamed',
    flaw: () => (call, next) => {
      if (!isMark(call) || isHealers(call)) return next();
      const request = call.request as Request<'xattrop'>;
      return next({ ...request, dict: rotated(request.dict) } as Request<FopName>);
    },
  },
  {
    name: 'another name is listed as owed',
    flaw: noting((name) => (intentOf(name) ? name : `${name}x`)),
  },
  {
    name: 'names in hand are not noted',
    flaw: noting((name) => (intentOf(name) ? undefined : name)),
  },
  {
    name: 'a write leaves a child out',
    flaw: instead('writev', (call) => isWriters(call) && call.child === 1, unwritten),
  },
  {
    name: 'bytes are not synced before the mark goes',
    flaw: instead('fsync', isWriters, async () => UNCHANGED),
  },
  { name: 'the lock of a name is given back before the marks', flaw: unlockedBefore },
  {
    name: 'who reads does not ask who is accused',
    flaw: telling((call) => isWriters(call) && call.fop === 'lookup', nothingMarked),
  },
  { name: 'a copy that lags counts', flaw: telling(isWriters, nothingMarked) },
  { name: 'a quorum is one', options: { 'quorum-type': 'fixed', 'quorum-count': '1' } },
  { name: 'a heal copies no bytes', flaw: instead('writev', isHealers, unwritten) },
  {
    name: 'a heal writes beside the place',
    flaw: instead('writev', isHealers, (request, next) =>
      next({ ...request, offset: request.offset + 1 }),
    ),
  },
  {
    name: 'a heal leaves the last byte out',
    flaw: instead('writev', isHealers, async (request, next) => {
      const data = request.data.subarray(0, -1);
      const reply = (await next({ ...request, data })) as Reply<'writev'>;
      return { ...reply, written: request.data.length };
    }),
  },
  {
    name: 'a heal trusts the size',
    flaw: instead('rchecksum', isHealers, async (request, next) => {
      const reply = (await next(request)) as Reply<'rchecksum'>;
      return { ...reply, weak: 0, strong: Buffer.alloc(reply.strong.length) };
    }),
  },
  {
    name: 'a heal copies no permissions',
    flaw: instead('setattr', isHealers, (request, next) => next({ ...request, valid: 0 })),
  },
  {
    name: 'a heal copies no extended attributes',
    flaw: instead('setxattr', isHealers, async () => ({ xdata: null })),
  },
  {
    name: 'a heal leaves its marks',
    flaw: marking(isHealers, (_, counts) => counts.map((n) => Math.max(n, 0)) as unknown as Counts),
  },
  {
    name: 'a sink does not accuse itself',
    flaw: () => (call, next) => {
      if (!isMark(call) || !isHealers(call)) return next();
      const own = `${AFR}b${call.child}`;
      const request = call.request as Request<'xattrop'>;
      const dict = recounted(request.dict, (key, counts) => (key === own ? NONE : counts));
      return next({ ...request, dict } as Request<FopName>);
    },
  },
  { name: 'a heal takes the wrong source', flaw: telling(isHealers, rotated) },
  { name: 'a heal sees no marks', flaw: telling(isHealers, nothingMarked) },
  {
    name: 'a heal forgets one of a list',
    flaw: instead('readdir', isHealers, async (request, next) => {
      const reply = (await next(request)) as Reply<'readdir'>;
      const lost = reply.entries.find(({ name }) => /^[0-9a-f-]{36}$/.test(name));
      return { ...reply, entries: reply.entries.filter((entry) => entry !== lost) };
    }),
  },
  {
    name: 'a heal does not remove what was removed',
    flaw: instead('unlink', isHealers, async () => {
      throw new FopError('ENOENT', 'planted');
    }),
  },
  {
    name: 'a heal does not make directories',
    flaw: instead('mkdir', isHealers, async () => {
      throw new FopError('EEXIST', 'planted');
    }),
  },
];
