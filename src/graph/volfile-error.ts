/** A place in a volfile; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a volfile, and where. The message says it in one sentence. */
export class VolfileError extends Error {
  override readonly name = 'VolfileError';

  constructor(
    readonly place: Place,
    readonly why: string,
  ) {
    super(`line ${place.line}, column ${place.column}: ${why}`);
  }
}
