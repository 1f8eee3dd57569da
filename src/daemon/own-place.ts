import { isCode } from '../config/error.js';
import {
  isSamePlace,
  type Place,
  placeOf,
  type Server,
  withName,
  withPlace,
} from '../config/members.js';
import { PeerError } from '../config/peers.js';
import { sleep } from '../platform/platform.js';
import { freeBrickPort } from './brick-port.js';
import type { ConfigNode } from './config-node.js';
import { changeList } from './membership.js';
import type { Node } from './node.js';
import type { BrickState } from './node-state.js';

const STEP_MS = 500;
const CHANGE_MS = 5000;
const STATUS_MS = 1000;
/** Without a leader for so long, somebody has to help. */
const LONELY_MS = 5000;

/**
 * A server that starts elsewhere than the list says, or under another name, has the list follow, by a commit, as soon as a leader hears it: its own claim
 * makes that the others find it. It does not where another process answers as this node at the old address.
 */
export async function followOwnPlace(node: Node, config: ConfigNode): Promise<void> {
  const { clock } = node.setup.platform;
  const sinceMs = clock.monotonicMs();
  const told = new Set<string>();
  const tell = (what: string, run: () => void): void => {
    if (!told.has(what)) run();
    told.add(what);
  };
  for (; node.config === config; await sleep(clock, STEP_MS)) {
    const { brick } = node.state.data;
    const self = config.database.members.servers.find(({ voter }) => voter === brick?.voter);
    if (brick === null || (self === undefined && config.database.store.revision > 0)) return;
    const own: Own = { ...placeOf(node.ownServer(brick)), name: node.setup.options.host };
    if (self === undefined) continue;
    if (isSamePlace(self, own) && self.name === own.name) return;
    tell('begun', () => tellBegun(node, self, own));
    if (await isElse(node, self)) tell('doubled', () => tellDoubled(node, self.address));
    else if (config.database.leaderHint) await haveListFollow(node, config, self, own);
    else if (clock.monotonicMs() - sinceMs > LONELY_MS) tell('lonely', () => tellLonely(node));
  }
}

/** Where this node is, and what it is called. */
type Own = Place & Pick<Server, 'name'>;

async function haveListFollow(
  node: Node,
  { database }: ConfigNode,
  self: Server,
  own: Own,
): Promise<void> {
  const { log } = node.setup;
  try {
    const { after } = await changeList(database, CHANGE_MS, (members) => {
      // One change at a time: the loop comes back for the name.
      const moved = withPlace(members, self.voter, own);
      const next = moved === members ? withName(members, self.voter, own.name) : moved;
      return next === members ? undefined : next;
    });
    log.info('the list follows this server', {
      cause: `it was ${ownText(self)} there`,
      effect: `list ${after.epoch} says ${ownText(own)}`,
    });
  } catch (error) {
    if (!isCode(error, 'HFS-2001', 'HFS-2002', 'HFS-3009')) throw error;
    log.debug('the list does not follow yet', { error: String(error) });
  }
}

/** Whether another process answers as this node where the list has it. */
async function isElse({ setup, state, instance, address }: Node, self: Server): Promise<boolean> {
  if (self.address === address) return false;
  try {
    const status = await setup.peers.status(self.address, STATUS_MS);
    return status.node === state.data.node && status.instance !== instance;
  } catch (error) {
    if (error instanceof PeerError) return false;
    throw error;
  }
}

function tellBegun({ setup }: Node, self: Server, own: Own): void {
  setup.log.info('this server is not what the list says', {
    list: ownText(self),
    here: ownText(own),
  });
}

function tellDoubled({ setup, address }: Node, other: string): void {
  setup.log.warn('two nodes with one id', {
    code: 'HFS-3201',
    here: address,
    there: other,
    next: 'a state directory was copied: stop the copy, move its state directory away, and let it join as a new node',
  });
}

function tellLonely({ setup }: Node): void {
  setup.log.warn('this server has moved and hears no leader', {
    code: 'HFS-3013',
    next: 'have the others started; if they have moved, too, start hekafsd with --members list:HOST:PORT naming one of them',
  });
}

function ownText({ name, address, host, port, path }: Own): string {
  return `${name} at ${address}, brick ${host}:${port}:${path}`;
}

/** The brick with a port that `--brick-ports` allows: it keeps the one that it has, unless the range has changed. */
export async function withAllowedPort(node: Node, brick: BrickState): Promise<BrickState> {
  const { options, http, platform, log } = node.setup;
  const { low, high } = options.brickPorts;
  if (brick.port >= low && brick.port <= high) return brick;
  const port = await freeBrickPort(platform.network, http.host, options.brickPorts);
  const moved = { ...brick, port };
  await node.state.update((data) => ({ ...data, brick: moved }));
  log.info('the brick gets another port', {
    cause: `${brick.port} is not in --brick-ports ${low}-${high}`,
    effect: `it listens at ${port}`,
  });
  return moved;
}
