import type { CutMode } from './link.js';
import type { SimRandom } from './random.js';

/*
 * What goes wrong, as data. Machines fail in the ways of machines: a process is killed and started again; the power goes,
 * at one machine or at all of them, and with it what was not synced; a process or a whole machine stands still; a wall
 * clock jumps. Links fail in the ways of links: one direction or both, in silence or with resets, or they only get slow.
 * Each fault ends by itself, so that after the last one everything is whole again.
 */
export type Fault = {
  readonly atMs: number;
  readonly forMs: number;
} & (
  | { readonly kind: 'kill' | 'pause'; readonly process: string }
  | { readonly kind: 'power'; readonly machines: readonly string[] }
  | { readonly kind: 'freeze'; readonly machine: string }
  | {
      readonly kind: 'cut';
      readonly links: readonly (readonly [from: string, to: string])[];
      readonly mode: CutMode;
    }
  | { readonly kind: 'clog'; readonly from: string; readonly to: string; readonly meanMs: number }
  | { readonly kind: 'jump'; readonly machine: string; readonly byMs: number }
);

export type FaultKind = Fault['kind'];

export interface FaultTargets {
  readonly servers: readonly string[];
  /** Machines whose links suffer too, but that are not stopped. */
  readonly clients: readonly string[];
  /** `machine/role`, on servers. */
  readonly processes: readonly string[];
}

export interface FaultPlan {
  readonly fromMs: number;
  /** By then every fault has ended. */
  readonly untilMs: number;
  /** From one fault to the next, on average. */
  readonly gapMs: number;
  readonly kinds: readonly FaultKind[];
  /**
   * `minority`: at any moment a majority of the servers is untouched and connected, within which service is promised.
   * `unlimited`: anything goes; only safety is.
   */
  readonly extent: 'minority' | 'unlimited';
}

export const FAULT_MODES = {
  calm: [],
  network: ['cut', 'clog'],
  crashes: ['kill', 'power'],
  stalls: ['pause', 'freeze', 'clog', 'jump'],
  all: ['kill', 'power', 'pause', 'freeze', 'cut', 'clog', 'jump'],
} as const satisfies Record<string, readonly FaultKind[]>;

export type FaultMode = keyof typeof FAULT_MODES;

/** Faults for one run, in the order in which they begin. */
export function planFaults(random: SimRandom, targets: FaultTargets, plan: FaultPlan): Fault[] {
  const faults: Fault[] = [];
  if (plan.kinds.length === 0) return faults;
  const most = Math.floor((targets.servers.length - 1) / 2);
  for (let atMs = plan.fromMs; ; ) {
    atMs += random.exponential(plan.gapMs);
    if (atMs >= plan.untilMs) return faults;
    const forMs = Math.min(random.exponential(plan.gapMs) + 1, plan.untilMs - atMs);
    const fault = invent(random, targets, plan, { atMs, forMs });
    if (plan.extent === 'unlimited' || touchedDuring(faults, fault, targets) <= most)
      faults.push(fault);
  }
}

/** How many servers are out of order at some moment while `fault` lasts: counted generously. */
function touchedDuring(faults: readonly Fault[], fault: Fault, targets: FaultTargets): number {
  const touched = touches(fault, targets);
  if (touched.length === 0) return 0;
  const meanwhile = faults.filter((one) => one.atMs + one.forMs >= fault.atMs);
  return new Set([...meanwhile, fault].flatMap((one) => touches(one, targets))).size;
}

/** The servers that a fault puts out of order; of a cut between two servers, the first one. */
function touches(fault: Fault, { servers }: FaultTargets): readonly string[] {
  switch (fault.kind) {
    case 'kill':
    case 'pause':
      return [fault.process.slice(0, fault.process.indexOf('/'))];
    case 'power':
      return fault.machines;
    case 'freeze':
      return [fault.machine];
    case 'cut':
      return fault.links
        .filter(([from, to]) => servers.includes(from) && servers.includes(to))
        .map((link) => [...link].sort()[0] ?? '');
    case 'clog':
    case 'jump':
      return [];
  }
}

type Span = Pick<Fault, 'atMs' | 'forMs'>;

function invent(random: SimRandom, targets: FaultTargets, plan: FaultPlan, span: Span): Fault {
  const kind = random.pick(plan.kinds);
  const { servers, clients, processes } = targets;
  switch (kind) {
    case 'kill':
    case 'pause':
      return { ...span, kind, process: random.pick(processes) };
    case 'power': {
      const isAll = plan.extent === 'unlimited' && random.chance(0.2);
      return { ...span, kind, machines: isAll ? servers : [random.pick(servers)] };
    }
    case 'freeze':
      return { ...span, kind, machine: random.pick(servers) };
    case 'cut':
      return inventCut(random, targets, span);
    case 'clog': {
      const [from = '', to = ''] = random.shuffled([...servers, ...clients]);
      return { ...span, kind, from, to, meanMs: random.exponential(50) };
    }
    case 'jump':
      return { ...span, kind, machine: random.pick(servers), byMs: inventJump(random) };
  }
}

function inventJump(random: SimRandom): number {
  return Math.round((random.chance(0.5) ? 1 : -1) * random.exponential(3_600_000));
}

/** One machine against all others, or one pair; both directions, or one. */
function inventCut(random: SimRandom, { servers, clients }: FaultTargets, span: Span): Fault {
  const all = [...servers, ...clients];
  const [one = ''] = random.shuffled(random.chance(0.8) ? servers : all);
  const others = random.shuffled(all.filter((name) => name !== one));
  const far = random.chance(0.6) ? others : others.slice(0, 1);
  const ways = random.pick(['both', 'both', 'out', 'in'] as const);
  const links = far.flatMap((other): [string, string][] => [
    ...(ways === 'in' ? [] : [[one, other] as [string, string]]),
    ...(ways === 'out' ? [] : [[other, one] as [string, string]]),
  ]);
  return { ...span, kind: 'cut', links, mode: random.chance(0.8) ? 'drop' : 'reset' };
}
