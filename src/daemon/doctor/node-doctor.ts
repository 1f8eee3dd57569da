import { processFacts } from '../../platform/node/process-facts.js';
import { VERSION } from '../../version.js';
import type { Node } from '../node.js';
import { type Check, type DoctorReport, runChecks } from './check.js';
import { clusterChecks } from './cluster-checks.js';
import { CHECK_MS, localChecks } from './doctor.js';
import { type Examined, examine } from './examination.js';
import { memberChecks } from './member-checks.js';

/** Everything that a running node can look at, at once; within the deadline. */
export async function nodeDoctor(node: Node, timeoutMs: number): Promise<DoctorReport> {
  const { platform, options } = node.setup;
  const { disk, clock, random } = platform;
  const machine = {
    ...{ disk, clock, random, facts: processFacts(), stateDir: options.stateDir },
    brick: node.state.data.brick?.path,
  };
  const checks = [...localChecks(machine), ...ofCluster(node)];
  return {
    node: node.state.data.node,
    name: options.host,
    version: VERSION,
    checks: await runChecks(clock, checks, Math.min(CHECK_MS, timeoutMs)),
  };
}

function ofCluster(node: Node): readonly Check[] {
  const { verbs, check } = node;
  if (node.state.data.cluster === null) return [];
  let examination: Promise<readonly Examined[]> | undefined;
  const once = () => (examination ??= examineAll(node));
  return [
    ...clusterChecks(
      () => verbs.status(),
      () => check.run(),
    ),
    ...memberChecks(once, verbs.status().server),
  ];
}

function examineAll({ setup, state, config, client }: Node): Promise<readonly Examined[]> {
  const { platform, peers } = setup;
  const self = state.data.node;
  const from = { clock: platform.clock, network: platform.network, peers, self };
  const { servers } = config?.database.members ?? client?.members ?? state.data.members;
  return Promise.all(
    servers.filter(({ node }) => node !== self).map((server) => examine(from, server)),
  );
}
