import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Status } from '../../src/daemon/verbs.js';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { until } from './until.js';

/** Something that happens to a log while nobody has it open. */
export interface Damage {
  readonly what: string;
  /** What the log is called then; undefined where nothing is lost: the node is as before. */
  readonly says: RegExp | undefined;
  /** `other` is the log of another voter of the same cluster. */
  spoil(log: string, other: string): void;
}

function flipAt(path: string, at: (size: number) => number): void {
  const bytes = readFileSync(path);
  const place = at(bytes.length);
  bytes[place] = (bytes[place] ?? 0) ^ 4;
  writeFileSync(path, bytes);
}

/** Where the last entry of a log begins. */
function lastEntry(path: string): number {
  return readFileSync(path).lastIndexOf('HKFS');
}

export const DAMAGES: readonly Damage[] = [
  {
    what: 'a flipped bit in the middle',
    says: /have changed|stood before|whole no more/,
    spoil: (log) => flipAt(log, (size) => size >> 1),
  },
  {
    what: 'a flipped bit in the header',
    says: /no header/,
    spoil: (log) => flipAt(log, () => 30),
  },
  {
    what: 'a flipped bit in the last entry',
    says: /was acknowledged and is whole no more/,
    spoil: (log) => flipAt(log, (size) => size - 12),
  },
  {
    what: 'a file that is missing',
    says: /there is no log/,
    spoil: (log) => rmSync(log),
  },
  {
    what: 'an empty file',
    says: /no header/,
    spoil: (log) => truncateSync(log, 0),
  },
  {
    what: 'a log that was rolled back',
    says: /bytes and had \d+ before/,
    spoil: (log) => truncateSync(log, lastEntry(log)),
  },
  {
    what: 'the log of another voter',
    says: /log of voter/,
    spoil: (log, other) => writeFileSync(log, readFileSync(other)),
  },
  {
    what: 'a text file',
    says: /no header/,
    spoil: (log) => writeFileSync(log, 'shopping list: milk\n'.repeat(500)),
  },
  {
    what: 'a directory in its place',
    says: /is none/,
    spoil: (log) => {
      rmSync(log);
      mkdirSync(log);
    },
  },
  {
    what: 'a symlink in its place',
    says: /is none/,
    spoil: (log, other) => {
      rmSync(log);
      symlinkSync(other, log);
    },
  },
  {
    what: 'a tail that a power cut has torn',
    says: undefined,
    spoil: (log) => {
      const bytes = readFileSync(log).subarray(lastEntry(log));
      appendFileSync(log, bytes.subarray(0, bytes.length >> 1));
    },
  },
  {
    what: 'garbage behind the end',
    says: undefined,
    spoil: (log) => appendFileSync(log, Buffer.alloc(5000, 'HKFS')),
  },
  {
    what: 'permissions that let nobody in',
    says: process.getuid?.() === 0 ? undefined : /EACCES/,
    spoil: (log) => execFileSync('chmod', ['000', log]),
  },
];

/** One server of three whose log is spoiled again and again, and put back in between. */
export class JournalDamage {
  private isSound = true;

  constructor(
    private readonly cluster: Cluster,
    private readonly node: ClusterNode,
  ) {}

  private get journal(): string {
    return join(this.node.stateDir, 'brick/journal');
  }

  private get copy(): string {
    return join(this.node.stateDir, 'journal.sound');
  }

  /** Everybody starts anew upon the damage; the cluster goes on without this log, or with it. */
  async run({ what, says, spoil }: Damage): Promise<void> {
    const { cluster, node } = this;
    const voter = await this.voter();
    await this.spoiled(spoil);
    const [other] = cluster.nodes.filter((each) => each !== node);
    assert.ok(other);
    assert.equal((await other.put('while/damaged', what)).status, 200);
    await this.answers(what);
    if (says === undefined) await cluster.ready();
    else await this.isOutOrNew(voter, says);
    assert.equal((await other.put('after/damaged', what)).status, 200);
    this.isSound = says === undefined || (await this.voter()) !== voter;
  }

  /** It may say that it cannot answer yet, but never anything wrong. */
  private async answers(what: string): Promise<void> {
    const { body } = await until(`${this.node.name} answers`, async () => {
      const answer = await this.node.get('while/damaged');
      return answer.status !== 503 && answer;
    });
    assert.equal(body.toString(), what, 'never a wrong answer');
  }

  private async spoiled(spoil: Damage['spoil']): Promise<void> {
    const { cluster, node, journal, copy } = this;
    await this.isRecorded();
    await node.stop();
    const others = cluster.nodes.filter((each) => each !== node);
    await Promise.all(others.map((each) => each.killDaemon()));
    const [from, to] = this.isSound ? [journal, copy] : [copy, journal];
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
    const other = join(others[0]?.stateDir ?? '', 'brick/journal/log.1');
    spoil(join(journal, 'log.1'), other);
    await Promise.all(cluster.nodes.map((each) => each.start()));
    await cluster.leader();
  }

  /** What nobody has written down yet could not be missed. */
  private async isRecorded(): Promise<void> {
    if (!this.isSound) return;
    await until('everybody knows how long the log is', () => {
      const { size } = statSync(join(this.journal, 'log.1'));
      return this.cluster.nodes.every(({ stateDir }) =>
        readFileSync(join(stateDir, 'state.json'), 'utf8').includes(`"length":${size}`),
      );
    });
  }

  /** The others have it out of the vote and say why; or it has come back by itself, as a new voter. */
  private async isOutOrNew(voter: string, says: RegExp): Promise<void> {
    const { cluster, node } = this;
    const leader = await cluster.leader();
    const log = join(this.journal, 'log.1');
    const before = existsSync(log) && statSync(log).isFile() ? statSync(log).size : undefined;
    await until(`${node.name} is out, or new`, async () => {
      const { trouble } = await this.self(leader);
      if (trouble?.code === 'HFS-5006' && says.test(trouble.why)) return true;
      if (trouble === null && (await this.voter()) !== voter) return true;
      throw new Error(JSON.stringify(trouble));
    });
    const now = existsSync(log) && statSync(log).isFile() ? statSync(log).size : undefined;
    if ((await this.voter()) === voter) assert.equal(now, before, 'nobody writes to it');
  }

  private async self(at: ClusterNode): Promise<Status['servers'][number]> {
    const { servers } = await at.status();
    const found = servers.find(({ name }) => name === this.node.name);
    assert.ok(found);
    return found;
  }

  /** While it rejoins it has no brick, and for a moment no voter. */
  private voter(): Promise<string> {
    return until(`${this.node.name} has a voter`, () => {
      const state = readFileSync(join(this.node.stateDir, 'state.json'), 'utf8');
      return (JSON.parse(state) as { data: { brick: { voter: string } | null } }).data.brick?.voter;
    });
  }
}
