import { diskProblem, NoSpace } from '../config/disk-problem.js';
import type { Problem } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { brickFailed } from './brick-failed.js';
import type { Node } from './node.js';

/** What a write below `path` met, with the room that is left where room was missing. */
export function localProblem(disk: Disk, what: string, path: string, error: unknown): Problem {
  return diskProblem(what, path, isErrno(error, 'ENOSPC') ? noSpace(disk, path, error) : error);
}

function noSpace(disk: Disk, path: string, error: unknown): unknown {
  try {
    const { bavail, frsize } = disk.statfs(byteString(path));
    return new NoSpace(path, bavail * frsize, error);
  } catch {
    return error;
  }
}

export function valuesProblem(disk: Disk, brick: string, failure: unknown): Problem {
  const what = 'the values of this server cannot be written; its log goes on';
  return localProblem(disk, what, `${brick}/values`, failure);
}

export function stateProblem(disk: Disk, stateDir: string, failure: unknown): Problem {
  return localProblem(disk, 'the state of this node cannot be written', stateDir, failure);
}

/** What is wrong on this node itself, the worst first; empty where nothing is known to be. */
export function localTroubles(node: Node): readonly Problem[] {
  const { brick, config, state, pending, setup } = node;
  const { disk } = setup.platform;
  const found: Problem[] = [];
  const isUp = config?.isBrickUp ?? false;
  if (brick.complaint !== null && !isUp) found.push(brickFailed(brick.complaint).toJSON());
  const values = config?.applier.failure;
  if (values !== undefined && isUp)
    found.push(valuesProblem(disk, state.data.brick?.path ?? '', values));
  if (pending.failure !== undefined)
    found.push(stateProblem(disk, setup.options.stateDir, pending.failure));
  return found;
}
