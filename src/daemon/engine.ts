import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigError } from '../config/error.js';
import type { Engine } from '../graph/volgen.js';
import type { Disk } from '../platform/disk.js';
import { badRequest } from './http-answer.js';
import { isUserMode } from './user-mode.js';

/** The program of engine `glusterfs`, and the package of Debian and its kin that has it. */
export const GLUSTERFSD = 'glusterfsd';
const PACKAGE = 'glusterfs-server';
const VERSION_MS = 5000;

/** Reads an engine's name. Throws HFS-1001 for another one. */
export function readEngine(text: string | undefined): Engine | undefined {
  if (text === undefined || text === 'embedded' || text === 'glusterfs') return text;
  throw badRequest(
    `engine ${JSON.stringify(text)} is not known`,
    'it is embedded or glusterfs',
    'see hfs_config serve --help',
  );
}

/** Throws HFS-5015 where the engine cannot run a brick at `path` here. */
export async function checkEngine(engine: Engine, disk: Disk, path: string): Promise<void> {
  if (engine === 'embedded') return;
  if (process.getuid?.() !== 0 || isUserMode(disk, path))
    throw cannotBeUsed(
      `${GLUSTERFSD} keeps trusted.* attributes, and only root may`,
      'run hekafsd as root, with a brick that root has made; or hfs_config serve --engine embedded',
    );
  try {
    await promisify(execFile)(GLUSTERFSD, ['--version'], { timeout: VERSION_MS });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw cannotBeUsed(
      isMissing ? `${GLUSTERFSD} is not installed` : `${GLUSTERFSD} does not run: ${error}`,
      `apt-get install ${PACKAGE}; or hfs_config serve --engine embedded`,
    );
  }
}

function cannotBeUsed(why: string, next: string): ConfigError {
  return new ConfigError('HFS-5015', 'engine glusterfs cannot be used', why, next);
}
