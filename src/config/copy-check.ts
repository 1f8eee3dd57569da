import type { Key } from './key.js';
import type { Look } from './values-look.js';

export interface CheckRequest {
  /** Put right what differs. */
  readonly isRepair: boolean;
  /** These paths only; undefined: all. */
  readonly only?: ReadonlySet<Key>;
}

/** Somebody waits for a look at the whole copy. */
export interface Asked extends CheckRequest {
  resolve(look: Look): void;
  reject(error: Error): void;
}

/** Runs `act` where anybody asks for it. A failure is theirs alone. */
export async function attempt<T>(
  asked: readonly Asked[],
  act: () => Promise<T>,
  isDue = asked.length > 0,
): Promise<T | undefined> {
  if (!isDue && asked.length === 0) return undefined;
  try {
    return await act();
  } catch (error) {
    refuse(asked, error);
    return undefined;
  }
}

export function refuse(asked: readonly Asked[], error: unknown): void {
  for (const { reject } of asked) reject(error instanceof Error ? error : new Error(String(error)));
}
