import type { Gfid } from '../../src/fop/gfid.js';

/** What a volume holds: which inode has which name, and what the inodes are. */
interface State {
  readonly names: Readonly<Record<string, Gfid>>;
  readonly inodes: Readonly<Record<Gfid, Inode>>;
  /** What was not answered, and may still come. */
  readonly pending: readonly Effect[];
}

export interface Inode {
  readonly type: 'file' | 'directory';
  readonly mode: number;
  readonly text: string;
  readonly xattr: string;
}

/** What one operation does. */
export type Effect =
  | { readonly kind: 'make'; readonly path: string; readonly gfid: Gfid; readonly inode: Inode }
  | { readonly kind: 'write'; readonly gfid: Gfid; readonly offset: number; readonly text: string }
  | {
      readonly kind: 'rename';
      readonly from: string;
      readonly to: string;
      readonly keepsOld?: true;
    }
  | { readonly kind: 'link'; readonly gfid: Gfid; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string; readonly type: Inode['type'] }
  | { readonly kind: 'change'; readonly gfid: Gfid; readonly to: Partial<Inode> };

type Names = Record<string, Gfid>;

/** Every state that a volume may be in after what its clients were told. */
export class EnumerationModel {
  private states: readonly State[] = [{ names: {}, inodes: {}, pending: [] }];

  get areLeft(): boolean {
    return this.states.length > 0;
  }

  /** It was answered. */
  done(effect: Effect): void {
    this.states = this.reachable().flatMap((state) => applied(state, effect) ?? []);
  }

  /** It was refused: it could not be done. */
  refused(effect: Effect): void {
    this.states = this.reachable().filter((state) => applied(state, effect) === undefined);
  }

  /** Nobody knows. */
  doubtful(effect: Effect): void {
    this.states = this.states.map((state) => ({ ...state, pending: [...state.pending, effect] }));
  }

  /** A name was seen to be that, or not to be there. */
  saw(path: string, gfid: Gfid | undefined): void {
    this.states = this.reachable().filter(({ names }) => names[path] === gfid);
  }

  /** The bytes of a file were seen to be these. */
  read(gfid: Gfid, text: string): void {
    this.states = this.reachable().filter(({ inodes }) => inodes[gfid]?.text === text);
  }

  /** All that there may be, as lines. */
  get pictures(): readonly string[] {
    return [...new Set(this.reachable().map(linesOf))];
  }

  private reachable(): readonly State[] {
    const found = new Map<string, State>();
    const queue = [...this.states];
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      const key = JSON.stringify([linesOf(state), state.pending]);
      if (found.has(key)) continue;
      found.set(key, state);
      for (const effect of state.pending) {
        const pending = state.pending.filter((other) => other !== effect);
        for (const part of partsOf(effect)) {
          const next = applied(state, part);
          if (next) queue.push({ ...next, pending });
        }
      }
    }
    return [...found.values()];
  }
}

function linesOf({ names, inodes }: State): string {
  const lines = Object.entries(names).map(([path, gfid]) => lineOf(path, gfid, inodes[gfid]));
  return lines.toSorted().join('\n');
}

export function lineOf(path: string, gfid: Gfid, inode: Inode | undefined): string {
  const { type, mode, text, xattr } = inode ?? { type: '', mode: 0, text: '', xattr: '' };
  return `${path} ${gfid.slice(-6)} ${type} ${mode.toString(8)} ${JSON.stringify(text)} ${xattr}`;
}

/** What may come of it where nobody was told: of a rename, that both names are there. */
function partsOf(effect: Effect): readonly Effect[] {
  return effect.kind === 'rename' ? [effect, { ...effect, keepsOld: true }] : [effect];
}

/** The state after it; undefined where it cannot be done. */
function applied(state: State, effect: Effect): State | undefined {
  const { names, inodes } = state;
  const become = (changed: Names): State => ({ ...state, names: changed });
  switch (effect.kind) {
    case 'make':
      if (names[effect.path] !== undefined) return undefined;
      return {
        ...become({ ...names, [effect.path]: effect.gfid }),
        inodes: { ...inodes, [effect.gfid]: effect.inode },
      };
    case 'link':
      if (names[effect.path] !== undefined || !isNamed(state, effect.gfid)) return undefined;
      return become({ ...names, [effect.path]: effect.gfid });
    case 'remove': {
      const gfid = names[effect.path];
      if (gfid === undefined || inodes[gfid]?.type !== effect.type) return undefined;
      return become(without(names, effect.path));
    }
    case 'rename': {
      const gfid = names[effect.from];
      if (gfid === undefined) return undefined;
      if (names[effect.to] === gfid) return state;
      const left = effect.keepsOld ? names : without(names, effect.from);
      return become({ ...left, [effect.to]: gfid });
    }
    case 'write':
    case 'change':
      return changed(state, effect);
  }
}

function changed(
  state: State,
  effect: Extract<Effect, { readonly kind: 'write' | 'change' }>,
): State | undefined {
  const inode = state.inodes[effect.gfid];
  if (inode === undefined || !isNamed(state, effect.gfid)) return undefined;
  const to =
    effect.kind === 'change'
      ? effect.to
      : { text: overwritten(inode.text, effect.offset, effect.text) };
  return { ...state, inodes: { ...state.inodes, [effect.gfid]: { ...inode, ...to } } };
}

function overwritten(old: string, offset: number, text: string): string {
  return old.slice(0, offset).padEnd(offset, '\0') + text + old.slice(offset + text.length);
}

function isNamed({ names }: State, gfid: Gfid): boolean {
  return Object.values(names).includes(gfid);
}

function without(names: Readonly<Names>, path: string): Names {
  return Object.fromEntries(Object.entries(names).filter(([name]) => name !== path));
}
