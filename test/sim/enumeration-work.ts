import { FopError, isErrno } from '../../src/fop/error.js';
import { O_CREAT, O_EXCL, O_RDWR } from '../../src/fop/fd.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { type Iatt, NO_IATT, SETATTR_MODE } from '../../src/fop/iatt.js';
import { dict, type TestVolume } from '../contract/volume.js';
import { gfidOf } from '../scenario/replica-lab.js';
import type { Operation } from './enumeration-cases.js';
import type { Effect, EnumerationModel, Inode } from './enumeration-model.js';

const FILE: Inode = { type: 'file', mode: 0o644, text: '', xattr: '' };
const DIRECTORY: Inode = { type: 'directory', mode: 0o755, text: '', xattr: '' };

/** The operations of a case, on files that are always the same, and what was told of them. */
export class EnumerationWork {
  /** Answers that nobody may get. */
  readonly scandals: string[] = [];
  /** What was written, answered and not meant to go again. */
  readonly kept = new Set<string>();
  private gfids = 16;
  private places: ReadonlyMap<string, Gfid> = new Map();
  private volume: TestVolume | undefined;

  constructor(private readonly model: EnumerationModel) {}

  /** What is there before anything happens: files f and g, directories d and e. */
  async prepare(volume: TestVolume): Promise<void> {
    this.volume = volume;
    for (const name of ['f', 'g']) {
      await this.make(name);
      await this.write(name, `${name}0`, 'start');
    }
    for (const name of ['d', 'e']) await this.mkdir(name);
  }

  async run(operation: Operation, number: number, volume: TestVolume): Promise<void> {
    this.volume = volume;
    this.places = new Map([['', ROOT_GFID]]);
    try {
      await this.act(operation, `${operation[0]}${number}`);
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      if (error.errno === 'EIO') this.scandals.push(`${operation}: EIO ${String(error.cause)}`);
    }
  }

  private async act(operation: Operation, text: string): Promise<void> {
    switch (operation) {
      case 'create':
        return this.make((await this.isThere('f')) ? 'n' : 'f');
      case 'write':
        return this.write('f', text, 'start');
      case 'append':
        return this.write('f', text, 'end');
      case 'rename over':
        return this.rename('g', 'f');
      case 'rename':
        await this.look('d');
        return this.rename('f', 'd/m');
      case 'link':
        return this.link('f', 'l');
      case 'unlink':
        return this.remove('f', 'file');
      case 'mkdir':
        return this.mkdir((await this.isThere('e')) ? 'k' : 'e');
      case 'rmdir':
        return this.remove((await this.isThere('e')) ? 'e' : 'k', 'directory');
      case 'chmod':
        return this.chmod('f');
      case 'setxattr':
        return this.setxattr('f', text);
    }
  }

  private get top(): TestVolume {
    if (this.volume === undefined) throw new TypeError('no volume');
    return this.volume;
  }

  /** Whoever fails without having done anything is refused; of others nobody knows. */
  private async doing<R>(effect: Effect, act: () => Promise<R>): Promise<R> {
    try {
      const reply = await act();
      this.model.done(effect);
      return reply;
    } catch (error) {
      const isRefused = isErrno(error, 'ENOENT', 'EEXIST', 'ENOTEMPTY', 'ESTALE', 'ENOTDIR');
      this.model[isRefused ? 'refused' : 'doubtful'](effect);
      throw error;
    }
  }

  private at(path: string): { readonly parent: Gfid; readonly name: string } {
    const [name = '', directory = ''] = path.split('/').reverse();
    return { parent: this.places.get(directory) ?? ROOT_GFID, name };
  }

  private async look(path: string): Promise<Iatt> {
    const { parent, name } = this.at(path);
    try {
      const { stat } = await this.top.lookup(parent, name);
      this.model.saw(path, stat.gfid);
      this.places = new Map([...this.places, [path, stat.gfid]]);
      return stat;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) this.model.saw(path, undefined);
      throw error;
    }
  }

  private async isThere(path: string): Promise<boolean> {
    try {
      await this.look(path);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  private get freshGfid(): Gfid {
    this.gfids += 1;
    return gfidOf(this.gfids);
  }

  private async make(path: string): Promise<void> {
    const gfid = this.freshGfid;
    const flags = O_RDWR | O_CREAT | O_EXCL;
    const { fd } = await this.doing({ kind: 'make', path, gfid, inode: FILE }, () =>
      this.top.create(ROOT_GFID, path, flags, gfid),
    );
    await this.top.release(fd);
  }

  private async write(path: string, text: string, where: 'start' | 'end'): Promise<void> {
    const { gfid, size } = await this.look(path);
    this.model.read(gfid, await this.top.content(gfid));
    const fd = await this.top.open(gfid, O_RDWR);
    const offset = where === 'end' ? size : 0;
    // What is written in place takes the place of what was there.
    if (where === 'start') this.kept.clear();
    try {
      await this.doing({ kind: 'write', gfid, offset, text }, () =>
        this.top.write(fd, text, offset),
      );
      this.kept.add(text);
    } finally {
      await this.top.release(fd);
    }
  }

  private async rename(from: string, to: string): Promise<void> {
    await this.look(from);
    if (to === 'f') this.kept.clear();
    const [old, fresh] = [this.at(from), this.at(to)];
    await this.doing({ kind: 'rename', from, to }, () =>
      this.top.rename(old.parent, old.name, fresh.parent, fresh.name),
    );
  }

  private async link(from: string, path: string): Promise<void> {
    const { gfid } = await this.look(from);
    await this.doing({ kind: 'link', gfid, path }, () => this.top.link(gfid, ROOT_GFID, path));
  }

  private async remove(path: string, type: Inode['type']): Promise<void> {
    await this.look(path);
    if (path === 'f') this.kept.clear();
    await this.doing({ kind: 'remove', path, type }, () =>
      type === 'file'
        ? this.top.unlink(ROOT_GFID, path)
        : this.top.wind('rmdir', { pargfid: ROOT_GFID, bname: path, xflags: 0 }),
    );
  }

  private async mkdir(path: string): Promise<void> {
    const gfid = this.freshGfid;
    await this.doing({ kind: 'make', path, gfid, inode: DIRECTORY }, () =>
      this.top.wind(
        'mkdir',
        { pargfid: ROOT_GFID, bname: path, mode: 0o755, umask: 0 },
        this.top.wantGfid(gfid),
      ),
    );
  }

  private async chmod(path: string): Promise<void> {
    const { gfid } = await this.look(path);
    const stbuf = { ...NO_IATT, mode: 0o600 };
    await this.doing({ kind: 'change', gfid, to: { mode: 0o600 } }, () =>
      this.top.wind('setattr', { gfid, stbuf, valid: SETATTR_MODE }),
    );
  }

  private async setxattr(path: string, xattr: string): Promise<void> {
    const { gfid } = await this.look(path);
    await this.doing({ kind: 'change', gfid, to: { xattr } }, () =>
      this.top.wind('setxattr', { gfid, dict: dict({ 'user.x': Buffer.from(xattr) }), flags: 0 }),
    );
  }
}
