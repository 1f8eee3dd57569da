import type { Epoch } from '../../src/config/log/epoch.js';
import { KnownLengths } from '../../src/config/log/known-lengths.js';
import { headerEntry } from '../../src/config/log/new-log.js';
import { type SealedRecord, sealRecord } from '../../src/config/log/record.js';
import { NoMajority, takeOver } from '../../src/config/log/take-over.js';
import { EpochLost, VoterLink } from '../../src/config/log/voter-link.js';
import type { Members, Server } from '../../src/config/members.js';
import { Store } from '../../src/config/store.js';
import { ScriptedAcceptor, ScriptedFile } from './scripted-log.js';

const CLUSTER = 'c';
const NODES = { A: 1, B: 2, C: 3 } as const;
export type NodeName = keyof typeof NODES;

/** Three voters b1 b2 b3 and three nodes A B C that want to lead; each step is a line of the story. */
export class LogStory {
  readonly lines: string[] = [];
  readonly files = new Map<string, ScriptedFile>();
  private readonly members: Members;
  private readonly nodes = new Map<NodeName, StoryNode>();

  constructor() {
    const servers = ['b1', 'b2', 'b3'].map((name, brick): Server => {
      const header = { cluster: CLUSTER, voter: name, brick };
      this.files.set(name, new ScriptedFile(headerEntry(header)));
      const at = { address: name, host: name, port: 1, path: '/', brick };
      return { node: name, name, voter: name, role: 'voter', ...at };
    });
    this.members = { epoch: 1, nextBrick: 3, servers, retired: [] };
    for (const name of Object.keys(NODES) as NodeName[])
      this.nodes.set(name, new StoryNode(name, this.members, this.files));
  }

  file(name: string): ScriptedFile {
    const found = this.files.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  say(line: string): void {
    this.lines.push(line);
  }

  /** Only these voters can be reached from here on. */
  reach(...names: readonly string[]): void {
    for (const [name, file] of this.files) file.isReachable = names.includes(name);
    this.say(`reachable: ${names.join(' ')}`);
  }

  /** A node takes over with epoch N; says what it applied as committed and what it found open. */
  async takeOver(name: NodeName, counter: number): Promise<void> {
    const node = this.node(name);
    try {
      const open = await node.takeOver(counter);
      const found = open.map(textOf).join(' ') || 'nothing';
      this.say(`${name}(${counter}) leads: committed up to ${node.store.revision}, open ${found}`);
    } catch (error) {
      this.say(`${name}(${counter}) does not lead: ${outcomeOf(error)}`);
    }
  }

  /** One node tells another how long it has seen the logs, as pushes do. */
  tellLengths(from: NodeName, to: NodeName): void {
    this.node(to).known.noteAll(this.node(from).known.all());
    this.say(`${to} hears from ${from} how long the logs are`);
  }

  /** The disk of a voter is given back the state of an earlier day. */
  rollBack(voter: string, bytes: Buffer): void {
    this.file(voter).bytes = bytes;
    this.say(`${voter} is rolled back`);
  }

  /** The leader sends `revision=value` to some voters; says what came of it. */
  async accept(name: NodeName, record: SealedRecord, ...voters: readonly string[]): Promise<void> {
    const outcomes: string[] = [];
    for (const voter of voters)
      outcomes.push(`${voter} ${await this.node(name).accept(voter, record)}`);
    this.say(`${name} accepts ${textOf(record)}: ${outcomes.join(', ')}`);
  }

  /** The open records that a node has found, to be accepted again under its own epoch. */
  open(name: NodeName): readonly SealedRecord[] {
    return this.node(name).open;
  }

  record(name: NodeName, value: string): SealedRecord {
    const { mark } = this.node(name).store;
    return sealRecord({
      revision: mark.revision + 1,
      previous: mark.hash,
      timeMs: 0,
      requestId: value,
      author: name,
      changes: [{ type: 'put', key: 'k', value: Buffer.from(value) }],
    });
  }

  private node(name: NodeName): StoryNode {
    const found = this.nodes.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }
}

class StoryNode {
  readonly store = new Store();
  open: readonly SealedRecord[] = [];
  readonly known = new KnownLengths();
  private readonly links = new Map<string, VoterLink>();
  private epoch: Epoch | undefined;

  constructor(
    private readonly name: NodeName,
    private readonly members: Members,
    private readonly files: ReadonlyMap<string, ScriptedFile>,
  ) {}

  private link(voter: string): VoterLink {
    const known = this.links.get(voter);
    if (known) return known;
    const file = this.files.get(voter);
    if (file === undefined) throw new Error(`no ${voter}`);
    const link = new VoterLink(voter, CLUSTER, new ScriptedAcceptor(file), this.known);
    this.links.set(voter, link);
    return link;
  }

  async takeOver(counter: number): Promise<readonly SealedRecord[]> {
    this.epoch = { counter, owner: `00000000-0000-4000-8000-00000000000${NODES[this.name]}` };
    const { open } = await takeOver(
      {
        link: (server) => this.link(server.voter),
        mark: () => this.store.mark,
        members: () => this.members,
        apply: (record) => void this.store.apply(record),
      },
      this.epoch,
    );
    this.open = open;
    return open;
  }

  async accept(voter: string, { record, bytes }: SealedRecord): Promise<string> {
    const link = this.link(voter);
    const body = { kind: 'accept', first: record.revision, records: [bytes] } as const;
    if (this.epoch === undefined) throw new Error('no epoch');
    try {
      if (!link.attached) await link.refresh();
      await link.append(this.epoch, body, this.store.mark, []);
      return 'ok';
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

function textOf({ record }: SealedRecord): string {
  return `${record.revision}=${record.requestId}`;
}

function outcomeOf(error: unknown): string {
  if (error instanceof EpochLost) return `lost to epoch ${error.by.counter}`;
  if (error instanceof NoMajority) return 'no majority';
  return error instanceof Error ? error.message : String(error);
}
