import type { Command, Condition } from './command.js';
import { ConfigError } from './error.js';
import { checkKey, type Key, MAX_VALUE_BYTES } from './key.js';
import type { Epoch } from './log/epoch.js';
import type { Change } from './log/record.js';
import { decodeMessage, encodeMessage } from './message.js';

/** Who leads, as far as a node knows. */
export interface LeaderHint {
  readonly epoch: Epoch;
  readonly node: string;
  /** HTTP address. */
  readonly address: string;
}

/** The words of `push`: committed records from revision `from` on are the blobs. */
export interface PushWords {
  readonly leader: LeaderHint;
  readonly from: number;
  /** The leader's commit index. */
  readonly commit: number;
  /** Milliseconds since the leader last knew from a majority that this index is the newest; null: never. */
  readonly ageMs: number | null;
  /** How the leader sees the servers, for the status of its followers. */
  readonly servers: readonly ServerSight[];
}

/** One server as the leader sees it. */
export interface ServerSight {
  readonly node: string;
  /** Whether its log and its hekafsd answer; null: not known yet. */
  readonly isUp: boolean | null;
  readonly applied: number | null;
}

export interface PushAnswer {
  readonly applied: number;
  /** The highest epoch counter that this node has met. */
  readonly counter: number;
  /** False where the leader is not the newest that this node knows. */
  readonly isFollowing: boolean;
}

export interface InquireAnswer {
  readonly node: string;
  readonly cluster: string;
  readonly applied: number;
  readonly counter: number;
  /** The leader that it hears, if any. */
  readonly leader: LeaderHint | null;
  /** Whether the asker is retired, by the newest list that this node has. */
  readonly isAskerRetired: boolean;
}

export interface ProposeWords {
  readonly requestId: string;
  readonly author: string;
  readonly timeoutMs: number;
  /** How many nodes have passed it on. */
  readonly hops: number;
  readonly command: unknown;
}

type CommandWords =
  | { op: 'put'; key: Key; condition: Condition }
  | { op: 'remove'; key: Key; recursive: boolean; condition: Condition }
  | { op: 'init'; keys: Key[] }
  | { op: 'system'; changes: Change[]; ifMembers: number | null; ifToken: string | null };

export function encodeProposal(words: Omit<ProposeWords, 'command'>, command: Command): Buffer {
  const blobs =
    command.op === 'put'
      ? [command.value]
      : command.op === 'init'
        ? [...command.values.values()]
        : [];
  return encodeMessage({ ...words, command: commandWords(command) }, blobs);
}

function commandWords(command: Command): CommandWords {
  switch (command.op) {
    case 'put':
      return { op: 'put', key: command.key, condition: command.condition };
    case 'remove':
      return {
        op: 'remove',
        key: command.key,
        recursive: command.recursive,
        condition: command.condition,
      };
    case 'init':
      return { op: 'init', keys: [...command.values.keys()] };
    case 'system':
      return {
        op: 'system',
        changes: [...command.changes],
        ifMembers: command.ifMembers ?? null,
        ifToken: command.ifToken ?? null,
      };
  }
}

export function decodeProposal(body: Buffer): { words: ProposeWords; command: Command } {
  const { json, blobs } = decodeMessage<ProposeWords>(body);
  const { requestId, author, timeoutMs, hops, command } = json;
  if (
    typeof requestId !== 'string' ||
    typeof author !== 'string' ||
    typeof timeoutMs !== 'number' ||
    typeof hops !== 'number'
  )
    throw badWords('a proposal without its fields');
  return {
    words: { requestId, author, timeoutMs, hops, command },
    command: readCommand(command as CommandWords, blobs),
  };
}

function readCommand(words: CommandWords, blobs: readonly Buffer[]): Command {
  switch (words?.op) {
    case 'put':
      return { op: 'put', key: key(words.key), value: value(blobs[0]), condition: words.condition };
    case 'remove':
      return {
        op: 'remove',
        key: key(words.key),
        recursive: words.recursive === true,
        condition: words.condition,
      };
    case 'init':
      return {
        op: 'init',
        values: new Map(words.keys.map((each, index) => [key(each), value(blobs[index])])),
      };
    case 'system':
      return {
        op: 'system',
        changes: words.changes,
        ...(words.ifMembers === null ? {} : { ifMembers: words.ifMembers }),
        ...(words.ifToken === null ? {} : { ifToken: words.ifToken }),
      };
    default:
      throw badWords('a proposal of no known kind');
  }
}

function key(word: unknown): Key {
  if (typeof word !== 'string') throw badWords('a key that is no text');
  checkKey(word);
  return word;
}

function value(blob: Buffer | undefined): Buffer {
  if (blob === undefined || blob.length > MAX_VALUE_BYTES)
    throw badWords('a value that is missing or too large');
  return blob;
}

function badWords(why: string): ConfigError {
  return new ConfigError(
    'HFS-1001',
    'a peer sent something unintelligible',
    why,
    'are all nodes on the same release?',
  );
}
