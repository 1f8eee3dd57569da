import { join } from 'node:path';
import { byteString } from '../fop/name.js';
import type { Platform } from '../platform/platform.js';
import {
  type CommandResult,
  type DemoProcess,
  demoFailed,
  runConfigCommand,
  shown,
} from './demo-process.js';
import { demoSample } from './demo-sample.js';
import { writeSynced } from './durable-file.js';
import { initialJson } from './initial-values.js';

const ANSWER_MS = 20_000;
const READY_MS = 60_000;
/** What `init` answers where there are values already. */
const ALREADY = 4;

type Say = (line: string) => void;

/** What the demo does and shows, each step a command that its reader can type too. */
export class Tour {
  constructor(
    private readonly platform: Platform,
    private readonly nodes: readonly DemoProcess[],
    private readonly say: Say,
  ) {}

  async run(directory: string): Promise<void> {
    const [first] = this.nodes;
    if (first === undefined) return;
    const states = await Promise.all(this.nodes.map((node) => this.answers(node)));
    await this.bootstrap(first, states[0]);
    for (const [index, node] of this.nodes.entries())
      if (index > 0) await this.join(first, node, states[index]);
    await Promise.all(this.nodes.map((node) => this.ready(node)));
    await this.init(first, directory);
    await this.writeAndRead(first);
    await this.command(first, ['status'], [0, 8]);
  }

  /** Waits until a node says what it is. */
  private async answers(node: DemoProcess): Promise<string> {
    const isSettled = (state: string | undefined) => state !== undefined && state !== 'starting';
    const state = await node.waitFor(this.platform.clock, isSettled, ANSWER_MS);
    if (state === undefined)
      throw demoFailed(`${node.node.name} does not answer`, `nothing at ${node.address}`, node);
    return state;
  }

  private async bootstrap(first: DemoProcess, state: string | undefined): Promise<void> {
    if (state === 'new') await this.command(first, ['serve', '--bootstrap']);
  }

  private async join(
    first: DemoProcess,
    node: DemoProcess,
    state: string | undefined,
  ): Promise<void> {
    if (state !== 'new') return;
    const { output } = await this.command(first, ['token', 'create']);
    const token = output.trim();
    await this.command(node, ['serve', '--join', first.address, '--token', token]);
  }

  private async ready(node: DemoProcess): Promise<void> {
    const state = await node.waitFor(this.platform.clock, (now) => now === 'ready', READY_MS);
    if (state !== 'ready')
      this.say(`${node.node.name} is ${state ?? 'silent'} and not ready yet; see its status`);
  }

  private async init(first: DemoProcess, directory: string): Promise<void> {
    const file = join(directory, 'sample.json');
    const sample = Buffer.from(initialJson(demoSample()));
    await writeSynced(this.platform.disk, byteString(file), sample);
    const { code } = await this.command(first, ['init', '--from', shown(file)], [0, ALREADY]);
    if (code === ALREADY) this.say('(the values of an earlier start are kept)');
  }

  /** Written on the first, read on the last. */
  private async writeAndRead(first: DemoProcess): Promise<void> {
    const last = this.nodes.at(-1) ?? first;
    const ask = [...where(first), 'get', 'demo/starts', '--json'];
    const starts = await runConfigCommand(ask, 'ignore');
    const count = starts.code === 0 ? startsIn(starts.output) + 1 : 1;
    await this.command(first, ['set', 'demo/starts', String(count)]);
    await this.command(last, ['get', 'demo/starts']);
    await this.command(last, ['get', 'site/ntp', '--json']);
    await this.command(last, ['list', 'tenants']);
  }

  /** Shows a command, runs it, shows what it printed. */
  private async command(
    node: DemoProcess,
    args: readonly string[],
    expected: readonly number[] = [0],
  ): Promise<CommandResult> {
    const all = [...where(node), ...args];
    this.say(`\n$ bin/hfs_config ${all.join(' ')}`);
    const result = await runConfigCommand(all);
    if (result.output !== '') this.say(result.output.replace(/\n$/, ''));
    if (expected.includes(result.code)) return result;
    throw demoFailed(`hfs_config ${args[0]} failed`, `exit code ${result.code}`, node);
  }
}

/** What a reader can type next. */
export function closing(nodes: readonly DemoProcess[]): readonly string[] {
  const [first] = nodes;
  if (first === undefined) return [];
  const state = shown(first.directory);
  const url = `http://${first.address}/v1`;
  return [
    '',
    'The cluster runs. In another terminal:',
    `  bin/hfs_config --state-dir ${state} list -r`,
    `  bin/hfs_config --state-dir ${state} set site/name 'My cluster'`,
    `  cat ${join(state, 'brick/values/site/name')}`,
    `  curl ${url}/status`,
    `  curl ${url}/config/site/name`,
    `  curl -T README.md -H "Authorization: Bearer $(cat ${join(state, 'token')})" ${url}/config/site/readme`,
    `  curl --unix-socket ${join(state, 'hekafsd.sock')} http://localhost/v1/servers`,
    'Stop a node, write, start it again. Ctrl-C stops everything.',
  ];
}

function where(node: DemoProcess): readonly string[] {
  return ['--state-dir', shown(node.directory)];
}

function startsIn(output: string): number {
  const { value } = JSON.parse(output) as { readonly value?: unknown };
  const starts = Number(value);
  return Number.isSafeInteger(starts) ? starts : 0;
}
