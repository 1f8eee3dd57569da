import { FopError } from './error.js';
import type { FopName, Reply, Request } from './fops.js';
import type { Frame } from './frame.js';
import type { Translator } from './translator.js';

/** What became of a fop at one of several children: its answer or its error, as a value. */
export type Outcome<Answer> = { readonly reply: Answer } | { readonly error: FopError };

/** Awaits a fop and holds what became of it. What is no FopError is a bug, and thrown on. */
export async function outcomeOf<Answer>(fop: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { reply: await fop };
  } catch (error) {
    if (error instanceof FopError) return { error };
    throw error;
  }
}

/** Awaits several fops at once; answers one outcome for each, in their order. */
export function outcomesOf<Answer>(fops: readonly Promise<Answer>[]): Promise<Outcome<Answer>[]> {
  return Promise.all(fops.map(outcomeOf));
}

/** Winds a fop to several children at once; answers one outcome for each, in their order. */
export function windAll<F extends FopName>(
  children: readonly Translator[],
  fop: F,
  request: Request<F>,
  frame: Frame,
): Promise<Outcome<Reply<F>>[]> {
  return Promise.all(children.map((child) => outcomeOf(child.wind(fop, request, frame))));
}
