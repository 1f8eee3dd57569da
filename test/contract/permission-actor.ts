import { type Dict, type DictValue, dictBytes } from '../../src/fop/dict.js';
import { FopError } from '../../src/fop/error.js';
import { Fd, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../src/fop/fd.js';
import { type Frame, ROOT_FRAME } from '../../src/fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import type { Translator } from '../../src/fop/translator.js';
import { aclOfText, textOfAcl } from './acl-text.js';
import { TestVolume } from './volume.js';

const ACL = { access: 'system.posix_acl_access', default: 'system.posix_acl_default' } as const;
const OPEN_FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  w: O_WRONLY,
  rw: O_RDWR,
  rt: O_RDONLY | O_TRUNC,
};

/** Who acts in a story: alice and bob share group 2000, carol is in none of theirs. */
const FRAMES: Readonly<Record<string, Frame>> = {
  root: ROOT_FRAME,
  alice: person(1001, [1001, 2000]),
  bob: person(1002, [1002, 2000]),
  carol: person(1003, [1003]),
  /** A process of GlusterFS itself that goes by carol's number. */
  healer: { ...person(1003, [1003]), pid: -6 },
  syncer: { ...person(1003, [1003]), pid: -1 },
  squashless: { ...person(1003, [1003]), pid: -4 },
};

function person(uid: number, groups: readonly number[]): Frame {
  return { pid: 4711, uid, gid: groups[0] ?? uid, groups, lkOwner: 'o' };
}

/** Does one line of a story on a volume: `alice chmod dir/file 640`. Answers `ok`, what was asked, or the errno. */
export class PermissionActor {
  constructor(
    private readonly top: Translator,
    /** A directory of root's in which all paths are. */
    private readonly base: string,
  ) {}

  async act(line: string): Promise<string> {
    const [who = '', verb = '', ...words] = line.split(/\s+/);
    const frame = FRAMES[who];
    const act = VERBS[verb];
    if (frame === undefined || act === undefined) throw new Error(`not a line: ${line}`);
    try {
      const [path = '', ...more] = words;
      return String((await act(new Scene(this.top, frame, this.base), path, ...more)) ?? 'ok');
    } catch (error) {
      if (error instanceof FopError) return error.errno;
      throw error;
    }
  }
}

/** The volume as one person uses it; paths are looked up by root. */
class Scene extends TestVolume {
  constructor(
    top: Translator,
    frame: Frame,
    private readonly base: string,
  ) {
    super(top, frame);
  }

  async gfid(path: string): Promise<Gfid> {
    const root = new TestVolume(this.top);
    let at = (await root.lookup(ROOT_GFID, this.base)).stat.gfid;
    for (const name of path.split('/').filter((one) => one !== '.'))
      at = (await root.lookup(at, name)).stat.gfid;
    return at;
  }

  async entry(path: string): Promise<{ pargfid: Gfid; bname: string }> {
    const names = path.split('/');
    const bname = names.pop() ?? '';
    return { pargfid: await this.gfid(names.join('/') || '.'), bname };
  }

  async setattr(path: string, valid: number, stbuf: Readonly<Record<string, number>>) {
    const gfid = await this.gfid(path);
    await this.wind('setattr', { gfid, valid, stbuf: { ...NO_IATT, ...stbuf } });
  }

  async setxattr(path: string, name: string, bytes: Buffer): Promise<void> {
    const dict: Dict = new Map<string, DictValue>([[name, { type: 'bytes', bytes }]]);
    await this.wind('setxattr', { gfid: await this.gfid(path), flags: 0, dict });
  }

  async getxattr(path: string, name: string): Promise<Buffer> {
    const { dict } = await this.wind('getxattr', { gfid: await this.gfid(path), name });
    return dictBytes(dict, name) ?? Buffer.alloc(0);
  }

  async removexattr(path: string, name: string): Promise<void> {
    await this.wind('removexattr', { gfid: await this.gfid(path), name });
  }
}

type Act = (scene: Scene, path: string, ...words: string[]) => Promise<unknown>;

const octal = (text: string | undefined): number => Number.parseInt(text ?? '0', 8);

const VERBS: Readonly<Record<string, Act>> = {
  async lookup(scene, path) {
    const { pargfid, bname } = await scene.entry(path);
    await scene.lookup(pargfid, bname);
  },
  async find(scene, path) {
    const gfid = await scene.gfid(path);
    await scene.wind('lookup', {
      gfid,
      pargfid: '00000000-0000-0000-0000-000000000000',
      bname: '',
    });
  },
  async stat(scene, path) {
    const { mode, uid, gid } = await scene.stat(await scene.gfid(path));
    return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`;
  },
  async mkdir(scene, path, mode, umask) {
    const request = { ...(await scene.entry(path)), mode: octal(mode), umask: octal(umask) };
    await scene.wind('mkdir', request, scene.wantGfid());
  },
  async mknod(scene, path, mode, umask) {
    const entry = await scene.entry(path);
    const request = { ...entry, mode: 0o100000 | octal(mode), umask: octal(umask), dev: 0 };
    await scene.wind('mknod', request, scene.wantGfid());
  },
  async create(scene, path, mode, umask) {
    const entry = await scene.entry(path);
    const [wanted] = scene.wantGfid().values();
    const gfid = wanted?.type === 'gfid' ? wanted.gfid : '';
    const flags = O_RDWR | O_CREAT;
    const fd = new Fd(gfid, flags);
    const request = { ...entry, mode: octal(mode), umask: octal(umask), flags, fd };
    await scene.wind('create', request, scene.wantGfid(gfid));
    await scene.release(fd);
  },
  async symlink(scene, path, linkname) {
    const request = { ...(await scene.entry(path)), umask: 0, linkname: linkname ?? '' };
    await scene.wind('symlink', request, scene.wantGfid());
  },
  async readlink(scene, path) {
    return (await scene.wind('readlink', { gfid: await scene.gfid(path), size: 4096 })).path;
  },
  async link(scene, path, newPath) {
    const { pargfid, bname } = await scene.entry(newPath ?? '');
    await scene.link(await scene.gfid(path), pargfid, bname);
  },
  async unlink(scene, path) {
    const { pargfid, bname } = await scene.entry(path);
    await scene.unlink(pargfid, bname);
  },
  async rmdir(scene, path) {
    await scene.wind('rmdir', { ...(await scene.entry(path)), xflags: 0 });
  },
  async rename(scene, path, newPath) {
    const [from, to] = [await scene.entry(path), await scene.entry(newPath ?? '')];
    await scene.rename(from.pargfid, from.bname, to.pargfid, to.bname);
  },
  async open(scene, path, how) {
    const fd = await scene.open(await scene.gfid(path), OPEN_FLAGS[how ?? ''] ?? 0);
    await scene.release(fd);
  },
  async opendir(scene, path) {
    const fd = await scene.opendir(await scene.gfid(path));
    await scene.wind('releasedir', { fd });
  },
  async read(scene, path) {
    return (await scene.content(await scene.gfid(path))) || 'empty';
  },
  async write(scene, path, text) {
    await scene.write(Fd.anonymous(await scene.gfid(path)), text ?? '');
  },
  async truncate(scene, path) {
    await scene.wind('truncate', { gfid: await scene.gfid(path), offset: 0 });
  },
  async access(scene, path, letters) {
    const mask = [...(letters ?? '')].reduce(
      (sum, one) => sum + ({ r: 4, w: 2, x: 1 }[one] ?? 0),
      0,
    );
    await scene.wind('access', { gfid: await scene.gfid(path), mask });
  },
  chmod: (scene, path, mode) => scene.setattr(path, 1, { mode: octal(mode) }),
  chown: (scene, path, uid) => scene.setattr(path, 2, { uid: Number(uid) }),
  chgrp: (scene, path, gid) => scene.setattr(path, 4, { gid: Number(gid) }),
  chboth: (scene, path, uid, gid) => scene.setattr(path, 6, { uid: Number(uid), gid: Number(gid) }),
  async fchmod(scene, path, mode) {
    const fd = Fd.anonymous(await scene.gfid(path));
    await scene.wind('fsetattr', { fd, valid: 1, stbuf: { ...NO_IATT, mode: octal(mode) } });
  },
  async fsetxattr(scene, path, name) {
    const fd = Fd.anonymous(await scene.gfid(path));
    const dict = new Map<string, DictValue>([
      [name ?? '', { type: 'bytes', bytes: Buffer.from('v') }],
    ]);
    await scene.wind('fsetxattr', { fd, flags: 0, dict });
  },
  async fgetxattr(scene, path, name) {
    const fd = Fd.anonymous(await scene.gfid(path));
    const { dict } = await scene.wind('fgetxattr', { fd, name });
    return dictBytes(dict, name ?? '')?.toString() ?? 'none';
  },
  async frmxattr(scene, path, name) {
    const fd = Fd.anonymous(await scene.gfid(path));
    await scene.wind('fremovexattr', { fd, name: name ?? '' });
  },
  async ftruncate(scene, path) {
    await scene.wind('ftruncate', { fd: Fd.anonymous(await scene.gfid(path)), offset: 0 });
  },
  async xattrop(scene, path) {
    const dict = new Map<string, DictValue>([
      [
        'trusted.afr.c-0',
        { type: 'bytes', bytes: Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]) },
      ],
    ]);
    await scene.wind('xattrop', { gfid: await scene.gfid(path), flags: 0, dict });
  },
  async fdchmod(scene, path, mode) {
    const fd = await new TestVolume(scene.top).open(await scene.gfid(path), O_RDWR);
    await scene.wind('fsetattr', { fd, valid: 1, stbuf: { ...NO_IATT, mode: octal(mode) } });
  },
  async fdsetxattr(scene, path, name) {
    const fd = await new TestVolume(scene.top).open(await scene.gfid(path), O_RDWR);
    const dict = new Map<string, DictValue>([
      [name ?? '', { type: 'bytes', bytes: Buffer.from('v') }],
    ]);
    await scene.wind('fsetxattr', { fd, flags: 0, dict });
  },
  utime: (scene, path) => scene.setattr(path, 0x30, { atime: 1e9, mtime: 1e9 }),
  touch: (scene, path) => scene.setattr(path, 0x1b0, { atime: 1e9, mtime: 1e9 }),
  setfacl: (scene, path, text) => scene.setxattr(path, ACL.access, aclOfText(text ?? '')),
  setdefault: (scene, path, text) => scene.setxattr(path, ACL.default, aclOfText(text ?? '')),
  setraw: (scene, path, hex) => scene.setxattr(path, ACL.access, Buffer.from(hex ?? '', 'hex')),
  setrawdefault: (scene, path, hex) =>
    scene.setxattr(path, ACL.default, Buffer.from(hex ?? '', 'hex')),
  getfacl: async (scene, path) => textOfAcl(await scene.getxattr(path, ACL.access)),
  getdefault: async (scene, path) => textOfAcl(await scene.getxattr(path, ACL.default)),
  rmfacl: (scene, path) => scene.removexattr(path, ACL.access),
  rmdefault: (scene, path) => scene.removexattr(path, ACL.default),
  setxattr: (scene, path, name) => scene.setxattr(path, name ?? '', Buffer.from('v')),
  getxattr: async (scene, path, name) => (await scene.getxattr(path, name ?? '')).toString(),
  rmxattr: (scene, path, name) => scene.removexattr(path, name ?? ''),
  async list(scene, path) {
    const { dict } = await scene.wind('getxattr', {
      gfid: await scene.gfid(path),
      name: undefined,
    });
    const names = [...(dict?.keys() ?? [])].filter((name) => /^(user|system)\./.test(name));
    return names.sort().join(',') || 'none';
  },
  async fallocate(scene, path) {
    const fd = Fd.anonymous(await scene.gfid(path));
    await scene.wind('fallocate', { fd, mode: 0, offset: 0, size: 10 });
  },
};
