import { type ChildProcess, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Asked, askJson, askOnce } from './http-client.js';
import { freePort, launch, residentMb, signalled, until } from './process.js';
import type { Member, Resident, System } from './system.js';

const NAMES = ['e1', 'e2', 'e3'];
const JSON_HEADERS = { 'Content-Type': 'application/json' };

interface EtcdMember extends Member {
  readonly peer: string;
  process: ChildProcess | undefined;
}

interface MemberStatus {
  readonly header: { readonly member_id: string };
  readonly leader: string;
}

/** The version of the etcd that is installed, or undefined. */
export function etcdVersion(): string | undefined {
  const { status, stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  const version = /etcd Version: (\S+)/.exec(stdout ?? '')?.[1];
  return status === 0 ? version : undefined;
}

/** Three etcd with default settings, asked through the JSON gateway of their v3 API. */
export class EtcdSystem implements System {
  readonly name = 'etcd';
  private readonly nodes: EtcdMember[] = [];

  constructor(private readonly directory: string) {}

  get members(): readonly Member[] {
    return this.nodes;
  }

  async start(): Promise<void> {
    for (const name of NAMES) {
      const [client, peer] = [await freePort(), await freePort()];
      const address = `127.0.0.1:${client}`;
      this.nodes.push({ name, address, peer: `http://127.0.0.1:${peer}`, process: undefined });
    }
    for (const node of this.nodes) node.process = this.launch(node);
    await this.settle();
  }

  private launch({ name, address, peer }: EtcdMember): ChildProcess {
    const all = this.nodes.map((each) => `${each.name}=${each.peer}`).join(',');
    const words = [
      ...['--name', name, '--data-dir', join(this.directory, name)],
      ...['--listen-client-urls', `http://${address}`],
      ...['--advertise-client-urls', `http://${address}`],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', all, '--initial-cluster-state', 'new'],
    ];
    return launch('etcd', words, join(this.directory, `${name}.log`));
  }

  put(key: string, value: Buffer): Asked {
    return post('/v3/kv/put', { key: base64(key), value: value.toString('base64') });
  }

  get(key: string, isStale: boolean): Asked {
    return post('/v3/kv/range', { key: base64(key), serializable: isStale });
  }

  async leader(): Promise<Member> {
    let found: Member | undefined;
    await until('one etcd leads', async () => {
      for (const node of this.nodes) {
        const status = await askJson<MemberStatus>(
          node.address,
          post('/v3/maintenance/status', {}),
        ).catch(() => undefined);
        if (status && status.leader === status.header.member_id) found = node;
      }
      return found !== undefined;
    });
    return found ?? this.nodeOf(this.nodes[0]);
  }

  private nodeOf(member: Member | undefined): EtcdMember {
    const node = this.nodes.find(({ name }) => name === member?.name);
    if (node === undefined) throw new Error('not started');
    return node;
  }

  async kill(member: Member): Promise<void> {
    const { process } = this.nodeOf(member);
    if (process) await signalled(process, 'SIGKILL');
  }

  async stop(member: Member): Promise<void> {
    const { process } = this.nodeOf(member);
    if (process) await signalled(process, 'SIGTERM');
  }

  async startAgain(member: Member): Promise<number> {
    const node = this.nodeOf(member);
    const start = performance.now();
    node.process = this.launch(node);
    await until(`${node.name} is healthy`, () => isHealthy(node));
    return performance.now() - start;
  }

  async settle(): Promise<void> {
    for (const node of this.nodes) await until(`${node.name} is healthy`, () => isHealthy(node));
  }

  async memory(): Promise<readonly Resident[]> {
    const leader = await this.leader();
    return this.nodes.map(({ name, process }) => ({
      role: name === leader.name ? 'leader' : 'follower',
      mb: residentMb(process?.pid ?? 0),
    }));
  }

  getCommand({ address }: Member, key: string): readonly string[] {
    return ['env', 'ETCDCTL_API=3', 'etcdctl', '--endpoints', address, 'get', key];
  }

  async end(): Promise<void> {
    await Promise.all(
      this.nodes.map(({ process }) => (process ? signalled(process, 'SIGTERM') : undefined)),
    );
  }
}

/** Says whether a linearizable read passes, too. */
async function isHealthy({ address }: Member): Promise<boolean> {
  const { status } = await askOnce(address, { method: 'GET', path: '/health', headers: {} });
  return status === 200;
}

function post(path: string, words: unknown): Asked {
  return { method: 'POST', path, headers: JSON_HEADERS, body: Buffer.from(JSON.stringify(words)) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
