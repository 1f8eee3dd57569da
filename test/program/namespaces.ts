import { execFileSync } from 'node:child_process';
import { missingPrograms, skipWithout } from '../needs.js';
import type { NodePlaces } from './cluster.js';
import type { NodePlace } from './cluster-node.js';

let made = 0;

/** Why nodes cannot have networks of their own here, or undefined where they can. */
function namespacesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'root is needed for network namespaces';
  const missing = missingPrograms('ip', 'nft', 'nsenter');
  if (missing !== undefined) return missing;
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine lets nobody make network namespaces';
  }
}

/** Skips a suite that cannot have them (see skipWithout). */
export function needNamespaces(context: Mocha.Context): void {
  skipWithout(context, namespacesMissing());
}

/** What is cut: everything, what hekafsd processes say to each other, or what goes to bricks. */
export type Traffic = 'all' | 'http' | 'bricks';

/**
 * A network of machines: each is a network namespace with one interface, and all hang on a bridge in a namespace of its own,
 * so that nothing of it touches the network of this machine. Packets are dropped where they arrive, without a word to
 * their sender, as a cable that is cut does.
 */
export class Namespaces implements NodePlaces {
  readonly ports = { http: 24006, mgmt: 24007, bricks: [49152, 49153] } as const;
  private readonly prefix = `hekafs-${process.pid}-${made++}`;
  private readonly hosts = new Map<string, string>();

  constructor() {
    ip('netns', 'add', this.hub);
    ip('-n', this.hub, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', this.hub, 'link', 'set', 'bridge', 'up');
  }

  private get hub(): string {
    return `${this.prefix}-hub`;
  }

  /** The words before a program that run it on a machine. */
  command(name: string): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.prefix}-${name}`, '--'];
  }

  host(name: string): string {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no machine ${name}`);
    return host;
  }

  make(name: string): NodePlace {
    const host = `10.77.0.${this.hosts.size + 1}`;
    const namespace = `${this.prefix}-${name}`;
    this.hosts.set(name, host);
    ip('netns', 'add', namespace);
    const peer = ['peer', 'name', 'eth0', 'netns', namespace];
    ip('-n', this.hub, 'link', 'add', `to-${name}`, 'type', 'veth', ...peer);
    ip('-n', this.hub, 'link', 'set', `to-${name}`, 'master', 'bridge', 'up');
    ip('-n', namespace, 'address', 'add', `${host}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    return { host, command: this.command(name), isDialled: false };
  }

  /** What `from` sends no longer reaches `to`; what it answers neither. */
  cutOneWay(from: string, to: string, traffic: Traffic = 'all'): void {
    this.rule(to, `ip saddr ${this.host(from)} ${matchOf(traffic)} drop`);
  }

  /** Neither hears the other. */
  cut(one: string, other: string, traffic: Traffic = 'all'): void {
    this.cutOneWay(one, other, traffic);
    this.cutOneWay(other, one, traffic);
  }

  /** Cuts one machine off from all others. */
  isolate(name: string, traffic: Traffic = 'all'): void {
    for (const other of this.hosts.keys()) if (other !== name) this.cut(name, other, traffic);
  }

  /** No machine of one side hears one of the other. */
  split(one: readonly string[], other: readonly string[]): void {
    for (const name of one) for (const across of other) this.cut(name, across);
  }

  /** All cables are whole again. */
  heal(): void {
    for (const name of this.hosts.keys()) this.nft(name, 'flush ruleset');
  }

  private rule(name: string, rule: string): void {
    const chain = 'chain inet cut input { type filter hook input priority 0; }';
    this.nft(name, `add table inet cut\nadd ${chain}\nadd rule inet cut input ${rule}`);
  }

  /** Runs a script of nft on a machine. */
  nft(name: string, script: string): void {
    const [program = '', ...words] = [...this.command(name), 'nft', '-f', '-'];
    execFileSync(program, words, { input: script, stdio: ['pipe', 'ignore', 'inherit'] });
  }

  end(): void {
    for (const name of this.hosts.keys()) ip('netns', 'delete', `${this.prefix}-${name}`);
    ip('netns', 'delete', this.hub);
  }
}

/** Requests and answers both: a cut is one of conversations. */
function matchOf(traffic: Traffic): string {
  if (traffic === 'all') return '';
  return traffic === 'http' ? 'tcp dport 24006' : 'tcp dport { 49152, 49153 }';
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}
