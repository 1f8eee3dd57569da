import { type ChildProcess, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/daemon/verbs.js';
import { type Asked, askJson } from './http-client.js';
import { freePort, launch, residentMb, signalled, until } from './process.js';
import type { Member, Resident, System } from './system.js';

const BIN = fileURLToPath(new URL('../../../bin/', import.meta.url));
const NAMES = ['h1', 'h2', 'h3'];
/** The same for all nodes, so that a user can ask any of them. */
const TOKEN = randomBytes(32).toString('hex');

interface Node extends Member {
  readonly stateDir: string;
  readonly words: readonly string[];
  process: ChildProcess;
}

/** Three hekafsd of this build. A put goes to `/v1/config/KEY` as raw bytes, with the token of root. */
export class HekafsSystem implements System {
  readonly name = 'hekafs';
  private readonly nodes: Node[] = [];

  constructor(private readonly directory: string) {}

  get members(): readonly Member[] {
    return this.nodes;
  }

  async start(): Promise<void> {
    for (const name of NAMES) this.nodes.push(await this.node(name));
    for (const node of this.nodes)
      await until(`${node.name} answers`, async () => (await status(node)).state === 'new');
    const [first, ...others] = this.nodes;
    if (first === undefined) return;
    config(first, 'serve', '--bootstrap', '--timeout', '30');
    for (const node of others) {
      const token = config(first, 'token', 'create').trim();
      config(node, 'serve', '--join', first.address, '--token', token, '--timeout', '30');
    }
    await this.settle();
  }

  private async node(name: string): Promise<Node> {
    const stateDir = join(this.directory, name);
    const [http, mgmt, brick] = [await freePort(), await freePort(), await freePort()];
    const address = `127.0.0.1:${http}`;
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'token'), `${TOKEN}\n`, { mode: 0o600 });
    const words = [
      ...['--state-dir', stateDir, '--host', name, '--http', address],
      ...['--mgmt-port', `${mgmt}`, '--brick-ports', `${brick}-${brick}`],
      ...['--log-file', `${stateDir}.log`],
    ];
    return { name, stateDir, address, words, process: this.launch(name, words) };
  }

  private launch(name: string, words: readonly string[]): ChildProcess {
    const log = join(this.directory, `${name}.err`);
    return launch(process.execPath, [join(BIN, 'hekafsd'), ...words], log);
  }

  put(key: string, value: Buffer): Asked {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    return { method: 'PUT', path: `/v1/config/${key}`, headers, body: value };
  }

  get(key: string, isStale: boolean): Asked {
    const path = `/v1/config/${key}${isStale ? '?stale=1' : ''}`;
    return { method: 'GET', path, headers: { Authorization: `Bearer ${TOKEN}` } };
  }

  async leader(): Promise<Member> {
    let found: Member | undefined;
    await until('one node leads', async () => {
      for (const node of this.nodes) {
        const { leader, node: id } = await status(node).catch(() => NOBODY);
        if (leader !== null && leader === id) found = node;
      }
      return found !== undefined;
    });
    return found ?? this.first;
  }

  private get first(): Node {
    const [first] = this.nodes;
    if (first === undefined) throw new Error('not started');
    return first;
  }

  private nodeOf({ name }: Member): Node {
    return this.nodes.find((node) => node.name === name) ?? this.first;
  }

  async kill(member: Member): Promise<void> {
    const node = this.nodeOf(member);
    const brick = brickPid(node);
    node.process.kill('SIGKILL');
    process.kill(brick, 'SIGKILL');
    await signalled(node.process, 'SIGKILL');
  }

  async stop(member: Member): Promise<void> {
    await signalled(this.nodeOf(member).process, 'SIGTERM');
  }

  async startAgain(member: Member): Promise<number> {
    const node = this.nodeOf(member);
    const start = performance.now();
    node.process = this.launch(node.name, node.words);
    await until(`${node.name} is ready`, () => isReady(node));
    return performance.now() - start;
  }

  /** Every node is ready, and its files say what is committed. */
  async settle(): Promise<void> {
    for (const node of this.nodes) await until(`${node.name} is ready`, () => isReady(node));
  }

  async memory(): Promise<readonly Resident[]> {
    const leader = await this.leader();
    return this.nodes.flatMap((node) => [
      {
        role: node.name === leader.name ? 'leader' : 'follower',
        mb: residentMb(node.process.pid ?? 0),
      },
      { role: 'brick', mb: residentMb(brickPid(node)) },
    ]);
  }

  getCommand(member: Member, key: string): readonly string[] {
    const { stateDir } = this.nodeOf(member);
    return [process.execPath, join(BIN, 'hfs_config'), '--state-dir', stateDir, 'get', key];
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => signalled(node.process, 'SIGTERM')));
  }
}

const NOBODY = { leader: null, node: '' };

function status({ address }: Member): Promise<Status> {
  return askJson<Status>(address, { method: 'GET', path: '/v1/status', headers: {} });
}

async function isReady(node: Node): Promise<boolean> {
  const { state, heal } = await status(node);
  return state === 'ready' && heal.caughtUp && heal.behind === 0;
}

function brickPid({ stateDir }: Node): number {
  return Number(readFileSync(join(stateDir, 'run/brick.pid'), 'utf8'));
}

/** Runs hfs_config against a node; throws what it said where it failed. */
function config(node: Node, ...words: readonly string[]): string {
  const args = [join(BIN, 'hfs_config'), '--state-dir', node.stateDir, ...words];
  const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`hfs_config ${words[0]}: ${ran.stderr}`);
  return ran.stdout;
}
