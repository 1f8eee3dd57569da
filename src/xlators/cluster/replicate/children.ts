import type { Translator } from '../../../fop/translator.js';
import { isQuorum, type QuorumRule } from './quorum.js';

/** What is known of a child: nothing yet, that it answers, that it does not, that it refuses this user. */
export type ChildState = 'unknown' | 'up' | 'down' | 'refused';

/** The same of all of them together: up while those that are up are a quorum. */
export type Standing = ChildState;

/** The states of the children, by number. */
export class ReplicaChildren {
  private readonly states: ChildState[];
  /** Counts the changes: what was found out before one of them may hold no more. */
  generation = 0;
  private readonly epochs: number[];

  constructor(
    readonly all: readonly Translator[],
    private readonly quorum: QuorumRule,
  ) {
    this.states = all.map(() => 'unknown');
    this.epochs = all.map(() => 0);
  }

  set(child: Translator, state: ChildState): void {
    const number = this.all.indexOf(child);
    if (number === -1) return;
    this.states[number] = state;
    this.generation += 1;
    this.epochs[number] = this.epoch(number) + 1;
  }

  /** Counts the times that this one went or came: locks and what was not synced last no longer than one of them. */
  epoch(number: number): number {
    return this.epochs[number] ?? 0;
  }

  /** The numbers of those that are up. */
  get up(): readonly number[] {
    return [...this.states.keys()].filter((number) => this.states[number] === 'up');
  }

  /** Whether every child has been heard of. */
  get areKnown(): boolean {
    return !this.states.includes('unknown');
  }

  get hasQuorum(): boolean {
    return isQuorum(this.up, this.quorum, this.all.length);
  }

  /** What to tell of all of them, after `told` was told last. */
  standing(told: Standing): Standing {
    if (this.hasQuorum) return 'up';
    if (this.states.every((state) => state === 'refused')) return 'refused';
    return told === 'up' || this.areKnown ? 'down' : told;
  }
}
