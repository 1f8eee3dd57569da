import { Fd, O_CREAT, O_RDWR } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { AT_ROOT, type Chapter, directory, file, gfidOf, handle, want } from './script-words.js';

/** The options of storage/posix that change what a brick does, as glusterd writes them. */
export const SET_OPTIONS = {
  'create-mask': '0750',
  'create-directory-mask': '0771',
  'force-create-mode': '0004',
  'force-directory-mode': '0002',
  'brick-uid': '1234',
  'brick-gid': '4321',
  'update-link-count-parent': 'on',
  'max-hardlinks': '3',
  'glusterd-uuid': '0f1e2d3c-0000-4000-8000-00000000abcd',
  'node-uuid-pathinfo': 'on',
  'gfid2path-separator': '|',
  'shared-brick-count': '2',
  reserve: '3',
} as const;

/** What becomes of those. */
export const optionsChapter: Chapter = async (t) => {
  t.look('root', '');
  const at = { ...AT_ROOT, umask: 0 };
  await t.ask('masked', 'mkdir', { ...at, bname: 'd', mode: 0o777 }, want(1));
  await t.ask('masked, sticky', 'mkdir', { ...at, bname: 'd2', mode: 0o1700 }, want(2));
  await t.ask('masked', 'mknod', { ...at, bname: 'n', mode: 0o100777, dev: 0 }, want(3));
  await t.ask('masked fifo', 'mknod', { ...at, bname: 'p', mode: 0o010777, dev: 0 }, want(4));
  const fd = new Fd(gfidOf(5), O_RDWR);
  const create = { ...at, bname: 'c', mode: 0o100666, flags: O_RDWR | O_CREAT, fd };
  await t.ask('masked', 'create', create, want(5));
  const mode = { ...NO_IATT, mode: 0o1777 };
  await t.ask('masked', 'setattr', { gfid: gfidOf(5), stbuf: mode, valid: 1 });
  await t.ask('masked directory', 'setattr', { gfid: gfidOf(1), stbuf: mode, valid: 1 });
  await t.ask('masked', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o600 }, valid: 1 });
  t.look('created', 'c');
  const link = { gfid: gfidOf(5), newpargfid: ROOT_GFID };
  await t.ask('second', 'link', { ...link, newbname: 'c2' });
  t.look('two names', 'c');
  await t.ask('third', 'link', { ...link, newpargfid: gfidOf(1), newbname: 'c3' });
  t.look('three names', 'c');
  await t.ask('one too many', 'link', { ...link, newbname: 'c4' });
  t.look('three names still', 'c');
  const rename = { oldpargfid: ROOT_GFID, newpargfid: gfidOf(1), oldbname: 'c2', newbname: 'c2' };
  await t.ask('into a directory', 'rename', rename);
  t.look('moved', 'c');
  await t.ask('one', 'unlink', { ...AT_ROOT, bname: 'c', xflags: 0 });
  t.look('without the first', 'd/c3');
  const rename2 = { ...rename, oldpargfid: gfidOf(1), oldbname: 'c2', newbname: 'c5' };
  await t.ask('within the directory', 'rename', rename2);
  t.look('renamed within', 'd/c3');
  for (const name of ['trusted.glusterfs.pathinfo', 'trusted.glusterfs.node-uuid']) {
    await t.ask(name, 'getxattr', { gfid: gfidOf(1), name });
    await t.ask(`${name} of a file`, 'getxattr', { gfid: gfidOf(3), name });
  }
  await t.ask('paths', 'getxattr', { gfid: gfidOf(3), name: 'glusterfs.gfid2path' });
  await t.ask('share', 'statfs', { gfid: ROOT_GFID });
  await file(t, 6, 'last');
  await directory(t, 7, 'sub', gfidOf(1));
  t.look('a directory has no count', 'd/sub');
  t.look('its handle', handle(gfidOf(7)));
};
