import type { Server } from '../../config/members.js';
import { byteString } from '../../fop/name.js';
import type { Disk } from '../../platform/disk.js';
import type { Network } from '../../platform/network.js';
import { nodeNetwork } from '../../platform/node/network.js';
import { nodePlatform } from '../../platform/node/platform.js';
import { processFacts } from '../../platform/node/process-facts.js';
import { VERSION } from '../../version.js';
import { readWhole } from '../durable-file.js';
import type { NodeState } from '../node-state.js';
import { endpoint } from '../option-value.js';
import { decodeState } from '../state.js';
import {
  type Check,
  type DoctorReport,
  type Finding,
  fail,
  ok,
  runChecks,
  worstOf,
} from './check.js';
import { CHECK_MS, localChecks } from './doctor.js';
import { dial } from './examination.js';

/**
 * What can be looked at when the hekafsd of a state directory does not answer: this machine, its files, and whether the
 * members that it knew can be dialled. It runs in the process that asks, under that one's limits and rights.
 */
export async function doctorWithoutDaemon(stateDir: string): Promise<DoctorReport> {
  const { disk, clock, random, network } = nodePlatform(nodeNetwork());
  const state = knownState(disk, stateDir);
  const brick = state?.brick?.path;
  const checks = [
    ...localChecks({ disk, clock, random, facts: processFacts(), stateDir, brick }),
    ...(state === undefined ? [] : [memberPorts(network, state)]),
  ];
  return {
    node: state?.node ?? '',
    name: state?.members.servers.find(({ node }) => node === state.node)?.name ?? '',
    version: VERSION,
    checks: await runChecks(clock, checks, CHECK_MS),
  };
}

/** Undefined where there is none, or none that can be read: the check of the state file says which. */
function knownState(disk: Disk, stateDir: string): NodeState | undefined {
  try {
    return decodeState(readWhole(disk, byteString(`${stateDir}/state.json`))) as NodeState;
  } catch {
    return undefined;
  }
}

function memberPorts(network: Network, state: NodeState): Check {
  const others = state.members.servers.filter(({ node }) => node !== state.node);
  return {
    name: 'ports from here',
    examine: async () => {
      const found = await Promise.all(others.map((server) => ports(network, server)));
      const names = others.map(({ name }) => name).join(', ');
      return worstOf(
        found,
        ok(names === '' ? 'no other member is known' : `to ${names}: HTTP and brick`),
      );
    },
  };
}

async function ports(network: Network, server: Server): Promise<Finding> {
  const http = endpoint(server.address);
  const closed = await Promise.all([
    dial(network, http.host, http.port),
    dial(network, server.host, server.port),
  ]);
  const why = closed.filter((each) => each !== '').join(', ');
  if (why === '') return ok(server.name);
  const next = `is hekafsd up on ${server.name}, and its firewall open?`;
  return fail(`${server.name} cannot be reached: ${why}`, next);
}
