import type { Translator } from '../../../fop/translator.js';

/** Of a set of children: the best that is known of any, `unknown` until all have spoken. */
export type Standing = ChildState;

/** What is known of a child: nothing yet, that it answers, that it does not, that it refuses this user. */
export type ChildState = 'unknown' | 'up' | 'down' | 'refused';

/** The state of each child, and the order in which they are read. */
export class ReplicaChildren {
  private readonly states: Map<Translator, ChildState>;

  constructor(children: readonly Translator[], preferred: Translator | undefined) {
    const rest = children.filter((child) => child !== preferred);
    const ordered = preferred ? [preferred, ...rest] : rest;
    this.states = new Map(ordered.map((child) => [child, 'unknown']));
  }

  set(child: Translator, state: ChildState): void {
    if (this.states.has(child)) this.states.set(child, state);
  }

  anyUp(): boolean {
    return this.inState('up').length > 0;
  }

  /** What to tell of all of them together, after `told` was told last. */
  standing(told: Standing): Standing {
    const states = [...this.states.values()];
    if (states.includes('up')) return 'up';
    if (states.every((state) => state === 'refused')) return 'refused';
    return told === 'up' || !states.includes('unknown') ? 'down' : told;
  }

  /** Children to read from: those that are up, then those of which nothing was heard. */
  readable(): readonly Translator[] {
    return [...this.inState('up'), ...this.inState('unknown')];
  }

  private inState(state: ChildState): Translator[] {
    return [...this.states].filter(([, one]) => one === state).map(([child]) => child);
  }
}
