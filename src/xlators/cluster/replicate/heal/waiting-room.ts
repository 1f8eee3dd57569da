import type { DictValue } from '../../../../fop/dict.js';
import { isErrno } from '../../../../fop/error.js';
import { type Gfid, gfidBytes, gfidFromBytes, ROOT_GFID } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import type { HealSession } from './session.js';

const PREFIX = '.glusterfs-anonymous-inode-';

/**
 * Names in the root that a heal leaves alone: the brick's own files, and the directory of inodes that wait for a name.
 */
export function isPrivate(directory: Gfid, name: ByteString): boolean {
  if (name === '.' || name === '..') return true;
  return directory === ROOT_GFID && (name === '.glusterfs' || name.startsWith(PREFIX));
}

/**
 * The directory of a brick in which inodes wait that have lost a name and may get another one, under their gfids (engine
 * reference, B.8): so a rename that was missed needs no bytes to be sent, and nothing is gone before it is elsewhere.
 */
export class WaitingRoom {
  readonly gfid: Gfid;
  private readonly name: ByteString;

  constructor(
    private readonly session: HealSession,
    volumeId: Gfid,
  ) {
    this.name = `${PREFIX}${volumeId}`;
    const bytes = gfidBytes(volumeId);
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    this.gfid = gfidFromBytes(bytes);
  }

  /** Undefined where the volfile does not tell the volume's id. */
  static of(session: HealSession): WaitingRoom | undefined {
    const { volumeId } = session.settings;
    return volumeId === undefined ? undefined : new WaitingRoom(session, volumeId);
  }

  /** Moves a name of an inode there. */
  async enter(child: number, from: Gfid, name: ByteString, gfid: Gfid): Promise<void> {
    try {
      await this.rename(child, from, name, this.gfid, gfid);
    } catch (error) {
      if (!isErrno(error, 'ESTALE', 'ENOENT')) throw error;
      await this.make(child);
      await this.rename(child, from, name, this.gfid, gfid);
    }
  }

  /** Gives a waiting inode a name; false where it does not wait. */
  async leave(child: number, gfid: Gfid, to: Gfid, name: ByteString): Promise<boolean> {
    try {
      await this.rename(child, this.gfid, gfid, to, name);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ESTALE')) return false;
      throw error;
    }
  }

  private rename(child: number, from: Gfid, name: ByteString, to: Gfid, newName: ByteString) {
    const { replica, frame } = this.session;
    const request = { oldpargfid: from, oldbname: name, newpargfid: to, newbname: newName };
    return replica.windTo(child, 'rename', { ...request, xdata: null }, frame);
  }

  private async make(child: number): Promise<void> {
    const { replica, frame } = this.session;
    const xdata = new Map<string, DictValue>([['gfid-req', { type: 'gfid', gfid: this.gfid }]]);
    const request = { pargfid: ROOT_GFID, bname: this.name, mode: 0o755, umask: 0, xdata };
    try {
      await replica.windTo(child, 'mkdir', request, frame);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
}
