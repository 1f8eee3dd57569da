import { resolve } from 'node:path';
import type { MembershipChange } from '../daemon/verbs.js';
import { jsonOf } from './api-answer.js';
import { type Arguments, type CliCommand, DRY_RUN, usage } from './command.js';
import type { Context } from './context.js';

/** To become a voter a node copies everything first. */
const MEMBERSHIP_SECONDS = 60;

export const serveCommand: CliCommand = {
  words: 'serve',
  group: 'servers',
  doc: 'make this node a config server; returns when it votes. A member needs neither address nor token',
  examples: ['serve --bootstrap', 'serve --join 10.0.0.1:24006 --token T'],
  positionals: [],
  options: [
    { name: 'bootstrap', kind: 'flag', doc: 'the first server of a new cluster' },
    { name: 'join', kind: 'text', doc: 'HOST:PORT: the HTTP address of a member' },
    { name: 'token', kind: 'text', doc: 'T: a one-time token of that cluster' },
    { name: 'brick', kind: 'text', doc: 'DIR: where its data goes (default <state-dir>/brick)' },
    {
      name: 'engine',
      kind: 'text',
      doc: "embedded (the default) or glusterfs: the distribution's glusterfsd runs the brick. On a server: change it",
    },
  ],
  timeoutSeconds: MEMBERSHIP_SECONDS,
  async run(args: Arguments, context: Context): Promise<number> {
    const brick = args.text('brick');
    const request = {
      bootstrap: args.flag('bootstrap'),
      join: args.text('join'),
      token: args.text('token'),
      brick: brick === undefined ? undefined : resolve(brick),
      engine: args.text('engine'),
    };
    if (request.bootstrap && request.join !== undefined)
      throw usage('serve', 'it takes one of --bootstrap and --join HOST:PORT');
    const change = await post(context, '/v1/serve', request);
    print(context, change, headline(change));
    return 0;
  },
};

export const joinCommand: CliCommand = {
  words: 'join <address>',
  group: 'servers',
  doc: 'make this node a member that does not serve: it asks the servers',
  examples: ['join 10.0.0.1:24006 --token T'],
  positionals: [{ name: 'address', kind: 'text', doc: 'HOST:PORT: the HTTP address of a member' }],
  options: [{ name: 'token', kind: 'text', doc: 'T: a one-time token of that cluster' }],
  async run(args: Arguments, context: Context): Promise<number> {
    const request = { join: args.required('address'), token: args.text('token') };
    const change = await post(context, '/v1/join', request);
    print(context, change, headline(change));
    return 0;
  },
};

export const retireCommand: CliCommand = {
  words: 'retire [node]',
  group: 'servers',
  doc: 'take a server out of the list for good: the named one, or this one; a member that does not serve leaves the cluster',
  examples: ['retire', 'retire node3 --dry-run'],
  positionals: [{ name: 'node', kind: 'text', doc: 'its name or id' }],
  options: [{ name: 'force', kind: 'flag', doc: 'although it is unsafe; needs the id' }, DRY_RUN],
  timeoutSeconds: MEMBERSHIP_SECONDS,
  async run(args: Arguments, context: Context): Promise<number> {
    const wanted = { node: args.text('node'), force: args.flag('force') };
    const plan = await post(context, '/v1/retire', { ...wanted, dryRun: true });
    if (args.flag('dry-run')) {
      print(context, plan, `would ${planned(plan)}`);
      return 0;
    }
    if (!context.isJson) for (const line of changeLines(plan)) context.output.note(line);
    if (!(await context.confirm(`${planned(plan)}?`))) return 1;
    const request = { node: plan.node, force: wanted.force, dryRun: false };
    const change = await post(context, '/v1/retire', request);
    print(context, change, headline(change));
    return 0;
  },
};

export const tokenCommand: CliCommand = {
  words: 'token create',
  group: 'servers',
  doc: 'print a one-time token with which one node may join',
  examples: ['token create', 'token create --ttl 300'],
  positionals: [],
  options: [{ name: 'ttl', kind: 'text', doc: 'SECONDS that it is good for (default 3600)' }],
  async run(args: Arguments, context: Context): Promise<number> {
    const body = Buffer.from(JSON.stringify({ ttl: args.count('ttl', 1) }));
    const answer = await context.client.ask({ method: 'POST', path: '/v1/token', body });
    const { token } = jsonOf<{ token: string }>(answer);
    context.output.data(context.isJson ? `${JSON.stringify({ token })}\n` : `${token}\n`);
    return 0;
  },
};

async function post(context: Context, path: string, request: object): Promise<MembershipChange> {
  const body = Buffer.from(JSON.stringify(request));
  return jsonOf<MembershipChange>(await context.client.ask({ method: 'POST', path, body }));
}

function print(context: Context, change: MembershipChange, headline: string): void {
  const lines = context.isJson ? [JSON.stringify(change)] : [headline, ...changeLines(change)];
  for (const line of lines) context.output.data(`${line}\n`);
}

function headline({ event, name, node, cluster }: MembershipChange): string {
  if (event === 'retired') return `retired ${name} (${node})`;
  const done = {
    served: 'serves',
    joined: 'is a member, and does not serve, of',
    left: 'has left',
  };
  return `${name} ${done[event]} cluster ${cluster}`;
}

function planned({ event, name, node, cluster }: MembershipChange): string {
  return event === 'left' ? `leave cluster ${cluster}` : `retire ${name} (${node})`;
}

/** A member that comes or goes does not change who serves. */
function changeLines(change: MembershipChange): readonly string[] {
  if (change.event === 'joined' || change.event === 'left')
    return [`servers: ${listText(change.after)}, ${survivalText(change.survivesAfter)}`];
  return [
    ...(change.warning === null ? [] : [`warning: ${change.warning}`]),
    `before: ${listText(change.before)}, ${survivalText(change.survivesBefore)}`,
    `after:  ${listText(change.after)}, ${survivalText(change.survivesAfter)}`,
  ];
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? 'no server' : names.join(' ');
}

function survivalText(count: number): string {
  return `survives ${count} failure${count === 1 ? '' : 's'}`;
}
