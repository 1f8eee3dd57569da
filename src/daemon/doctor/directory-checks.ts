import { isErrno } from '../../fop/error.js';
import { byteString } from '../../fop/name.js';
import type { Disk } from '../../platform/disk.js';
import { readWhole } from '../durable-file.js';
import { decodeState } from '../state.js';
import { tokenPath } from '../state-dir.js';
import { type Check, type Finding, fail, ok, skip, warn } from './check.js';

/** Bits that give anything to somebody else than the owner. */
const OTHERS = 0o077;

/** The state directory and what lies in it. `uid` is who looks. */
export function directoryChecks(disk: Disk, stateDir: string, uid: number): readonly Check[] {
  return [
    { name: 'state directory', examine: () => stateDirectory(disk, stateDir, uid) },
    { name: 'token', examine: () => token(disk, tokenPath(stateDir)) },
    { name: 'state file', examine: () => stateFile(disk, `${stateDir}/state.json`) },
  ];
}

function stateDirectory(disk: Disk, path: string, uid: number): Finding {
  try {
    const stat = disk.stat(byteString(path));
    if (stat.uid !== uid)
      return warn(`${path} belongs to user ${stat.uid}, this is ${uid}`, 'run it as one user');
    if ((stat.mode & OTHERS) !== 0)
      return warn(`${path} is open to others: mode ${octal(stat.mode)}`, `chmod 700 ${path}`);
    return ok(`${path}, mode ${octal(stat.mode)}`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return fail(`there is no ${path}`, 'start hekafsd, or name its directory with --state-dir');
  }
}

function token(disk: Disk, path: string): Finding {
  try {
    const { mode } = disk.stat(byteString(path));
    if ((mode & OTHERS) === 0) return ok(`mode ${octal(mode)}`);
    const found = `others can read ${path}: mode ${octal(mode)}`;
    return fail(found, `chmod 600 ${path}; remove it and start hekafsd again for a new one`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return skip('there is none yet');
  }
}

function stateFile(disk: Disk, path: string): Finding {
  try {
    decodeState(readWhole(disk, byteString(path)));
    return ok('it can be read, and its checksum is right');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return skip('there is none yet');
    const why = error instanceof Error ? error.message : String(error);
    return fail(`${path}: ${why}`, 'hfs_config explain HFS-5003');
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
