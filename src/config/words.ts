import type { Command, Condition } from './command.js';
import { ConfigError, type Problem } from './error.js';
import { checkKey, type Key, MAX_VALUE_BYTES } from './key.js';
import type { VoterLength } from './log/entry.js';
import type { Epoch } from './log/epoch.js';
import type { Loss } from './log/lost-vote.js';
import type { Change } from './log/record.js';
import type { Members } from './members.js';
import { decodeMessage, encodeMessage } from './message.js';
import type { PlaceClaim } from './places.js';
import type { Outcome } from './store.js';

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
  /** How long the voters' logs are at least: whoever knows it can tell one that was rolled back. */
  readonly lengths: readonly VoterLength[];
  /** Of the follower's last answer, as it came; null: none yet. It proves that this push was made after that answer. */
  readonly answered: AnswerMark | null;
  /** How the leader sees the servers, for the status of its followers. */
  readonly servers: readonly ServerSight[];
}

/** One server as the leader sees it. */
export interface ServerSight {
  readonly node: string;
  /** Whether its log and its hekafsd answer; null: not known yet. */
  readonly isUp: boolean | null;
  readonly applied: number | null;
  /** Why it counts as down; null: it does not. */
  readonly why: string | null;
  /** Why its log may not vote until it is replaced by another; null: it may. */
  readonly lost: Loss | null;
  /** What is the matter with its log, where something is. */
  readonly trouble: Problem | null;
}

/** When a follower sent an answer, by its own clock: nobody else can read it. */
export interface AnswerMark {
  /** The process whose clock it is. */
  readonly instance: string;
  readonly sentMs: number;
}

export interface PushAnswer {
  readonly mark: AnswerMark;
  readonly applied: number;
  /** The highest epoch counter that this node has met. */
  readonly counter: number;
  /** False where the leader is not the newest that this node knows. */
  readonly isFollowing: boolean;
}

/** The words of `inquire`. */
export interface InquireWords {
  /** Who asks. */
  readonly node: string;
  /** It hears no leader, and would take over. */
  readonly isWithoutLeader?: boolean;
  /** The epoch of the asker's list; a newer one comes with the answer. */
  readonly list?: number;
  /** Where the asker is, if it serves. */
  readonly place?: PlaceClaim;
}

export interface InquireAnswer {
  readonly node: string;
  /** Of the process that answers: two of one node are one too many. */
  readonly instance: string;
  readonly cluster: string;
  readonly applied: number;
  readonly counter: number;
  /** The leader that it hears, if any. */
  readonly leader: LeaderHint | null;
  /** As in `push`. */
  readonly lengths: readonly VoterLength[];
  /** Whether the asker is retired, by the newest list that this node has. */
  readonly isAskerRetired: boolean;
  /** Where it is newer than the asker's. */
  readonly members?: Members;
  /** Where the one is that answers. */
  readonly place?: PlaceClaim;
}

/** One request on its way to the leader. */
export interface ForwardedProposal {
  readonly requestId: string;
  readonly author: string;
  readonly timeoutMs: number;
  /**
   * The epoch of the leader that it is meant for. Nobody else does it, and not this one later: a copy that arrives when its
   * sender has long had an answer from a newer leader must not be done any more.
   */
  readonly epoch: Epoch;
  readonly command: Command;
}

/** How one of them in a `propose` says what became of it. */
export type ProposeAnswer = Outcome | { readonly problem: Problem };

interface ProposalWords extends Omit<ForwardedProposal, 'command'> {
  readonly command: CommandWords;
  /** How many of the message's blobs are its. */
  readonly blobs: number;
}

type CommandWords =
  | { op: 'put'; key: Key; condition: Condition }
  | { op: 'remove'; key: Key; recursive: boolean; condition: Condition }
  | { op: 'init'; keys: Key[] }
  | { op: 'system'; changes: Change[]; ifMembers: number | null; ifToken: string | null };

/** Several requests in one message. */
export function encodeProposals(proposals: readonly ForwardedProposal[]): Buffer {
  const blobs: Buffer[] = [];
  const words = proposals.map(({ command, ...rest }): ProposalWords => {
    const own = blobsOf(command);
    blobs.push(...own);
    return { ...rest, command: commandWords(command), blobs: own.length };
  });
  return encodeMessage({ proposals: words }, blobs);
}

function blobsOf(command: Command): readonly Buffer[] {
  if (command.op === 'put') return [command.value];
  return command.op === 'init' ? [...command.values.values()] : [];
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

export function decodeProposals(body: Buffer): ForwardedProposal[] {
  const { json, blobs } = decodeMessage<{ proposals: Partial<ProposalWords>[] }>(body);
  if (!Array.isArray(json.proposals)) throw badWords('proposals that are no list');
  let at = 0;
  return json.proposals.map((words) => {
    const { requestId, author, timeoutMs, epoch, command } = words;
    if (
      typeof requestId !== 'string' ||
      typeof author !== 'string' ||
      typeof timeoutMs !== 'number' ||
      typeof epoch?.counter !== 'number' ||
      command === undefined
    )
      throw badWords('a proposal without its fields');
    const own = blobs.slice(at, at + (words.blobs ?? 0));
    at += own.length;
    return { requestId, author, timeoutMs, epoch, command: readCommand(command, own) };
  });
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
