import { createHash } from 'node:crypto';
import type { Applier } from '../config/applier.js';
import type { CheckRequest } from '../config/copy-check.js';
import { ConfigError } from '../config/error.js';
import { type Key, MAX_VALUE_BYTES } from '../config/key.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import type { Look, Wrong } from '../config/values-look.js';
import type { Clock } from '../platform/platform.js';

/** What a member asks a server to do with its own copy of the values; nobody else ever changes it. */
export type CopyWords =
  /** Which paths has a hand changed? */
  | { readonly ask: 'changes' }
  /** The bytes that stand at a path. */
  | { readonly ask: 'read'; readonly key: Key }
  /** Apply the committed state again: to all that differs, or to these keys. */
  | { readonly ask: 'reapply'; readonly keys?: readonly Key[] };

/** One path that a hand has changed in one copy. */
export interface HandChange {
  readonly key: Key;
  readonly how: 'changed' | 'added' | 'removed';
  readonly kind: 'value' | 'directory' | 'other';
  /** The key's revision that it was made on; null where there was no such key. */
  readonly base: number | null;
  readonly size: number;
  /** Of the bytes that stand there; null where none do, or more than a value may have. */
  readonly sha256: string | null;
}

const CHECK_MS = 60_000;
const MAX_CHANGES = 10_000;

/** Answers what members ask of this node's own copy, through the connection of its applier. */
export class OwnCopy {
  constructor(
    private readonly applier: Applier,
    private readonly clock: Clock,
  ) {}

  async answer(body: Buffer): Promise<Buffer> {
    const { json } = decodeMessage<CopyWords>(body);
    const words = json as Partial<CopyWords>;
    if (words.ask === 'changes') return encodeMessage({ changes: await this.changes() });
    if (words.ask === 'read' && typeof words.key === 'string')
      return encodeMessage({}, [await this.applier.readCopy(words.key)]);
    if (words.ask === 'reapply')
      return encodeMessage({ corrected: await this.reapply(words.keys) });
    throw new ConfigError(
      'HFS-1001',
      'a copy was asked something unintelligible',
      'no such question',
      'are all nodes on the same release?',
    );
  }

  async changes(): Promise<readonly HandChange[]> {
    const { wrong } = await this.check({ isRepair: false });
    const changes: HandChange[] = [];
    for (const each of wrong.slice(0, MAX_CHANGES)) {
      const change = await this.changeOf(each);
      if (change) changes.push(change);
    }
    return changes;
  }

  private async changeOf(wrong: Wrong): Promise<HandChange | undefined> {
    const { key, how, found } = wrong;
    if (how === 'late' || how === 'torn') return undefined;
    const { kind, size } = found ?? { kind: wrong.kind, size: 0 };
    const isReadable = found?.kind === 'value' && size <= MAX_VALUE_BYTES;
    const sha256 = isReadable ? sha256Of(await this.applier.readCopy(key)) : null;
    return { key, how, kind, base: wrong.revision ?? null, size, sha256 };
  }

  /** Answers how many paths were not as committed. */
  async reapply(keys?: readonly Key[]): Promise<number> {
    const only = keys === undefined ? {} : { only: new Set(keys) };
    return (await this.check({ isRepair: true, ...only })).wrong.length;
  }

  private check(request: CheckRequest): Promise<Look> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(CHECK_MS, () => reject(notLookedAt('it takes too long')));
      this.applier
        .check(request)
        .then(resolve, (error: unknown) => reject(notLookedAt(messageOf(error))))
        .finally(() => timer.cancel());
    });
  }
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function notLookedAt(why: string): ConfigError {
  return new ConfigError(
    'HFS-3203',
    'this copy cannot be looked at now',
    why,
    'hfs_config status on that server shows how its brick is',
  );
}
