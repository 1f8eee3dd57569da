import assert from 'node:assert/strict';
import { type Dict, dictBytes, dictOfBytes } from '../../../../src/fop/dict.js';
import { Fd, O_CREAT, O_RDWR } from '../../../../src/fop/fd.js';
import { ROOT_FRAME } from '../../../../src/fop/frame.js';
import { type Gfid, gfidFromBytes, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';

const GFID = '5ca1ab1e-0000-4000-8000-00000000000a';
const KEY = 'trusted.afr.vol-client-1';
const DIRTY = 'trusted.afr.dirty';

/** Three counters: data, metadata, entry. */
const counts = (data: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(data);
  return bytes;
};

describe('features/index', () => {
  let stack: PosixStack;
  const indices = () => `${stack.path}/.glusterfs/indices`;
  const names = (path: string) =>
    stack.disk
      .readdir(`${indices()}/${path}`)
      .map(({ name }) => name)
      .filter((name) => !/^(xattrop|dirty|entry-changes)-/.test(name))
      .sort();

  beforeEach(async () => {
    stack = await posixStack({
      on: 'sim',
      above: ['features/index'],
      options: {
        'index-base': '/brick/.glusterfs/indices',
        'xattrop-pending-watchlist': 'trusted.afr.vol-',
        'xattrop-dirty-watchlist': DIRTY,
      },
    });
    const at = { pargfid: ROOT_GFID, bname: 'f', flags: O_CREAT | O_RDWR, mode: 0o644, umask: 0 };
    const fd = new Fd(GFID, O_RDWR);
    const xdata: Dict = new Map([['gfid-req', { type: 'gfid', gfid: GFID }]]);
    await stack.top.wind('create', { ...at, fd, xdata }, ROOT_FRAME);
  });

  afterEach(() => stack.close());

  const add = (key: string, data: number, xdata: Dict = null) =>
    stack.top.wind(
      'xattrop',
      { gfid: GFID, flags: 0, dict: dictOfBytes([[key, counts(data)]]), xdata },
      ROOT_FRAME,
    );

  /** The gfid of one of its directories, as a healer asks for it. */
  const directory = async (name: string): Promise<Gfid> => {
    const request = { gfid: ROOT_GFID, name, xdata: null };
    const { dict } = await stack.top.wind('getxattr', request, ROOT_FRAME);
    return gfidFromBytes(dictBytes(dict, name) ?? Buffer.alloc(16));
  };

  const listing = async (gfid: Gfid, size = 4096, xdata: Dict = null): Promise<string[]> => {
    const fd = new Fd(gfid, 0);
    await stack.top.wind('opendir', { gfid, fd, xdata: null }, ROOT_FRAME);
    const found: string[] = [];
    for (let [offset, isEof] = [0n, false]; !isEof; ) {
      const part = await stack.top.wind('readdir', { fd, offset, size, xdata }, ROOT_FRAME);
      found.push(...part.entries.map(({ name, type }) => (xdata ? `${name} ${type}` : name)));
      offset = part.entries.at(-1)?.offset ?? offset;
      isEof = part.isEof;
    }
    await stack.top.wind('releasedir', { fd, xdata: null }, ROOT_FRAME);
    return found;
  };

  it('lists an inode while a watched mark is not zero', async () => {
    await add(KEY, 0);
    assert.deepEqual(names('xattrop'), [], 'a read');
    await add(KEY, 2);
    assert.deepEqual(names('xattrop'), [GFID]);
    await add(KEY, -1);
    assert.deepEqual(names('xattrop'), [GFID]);
    await add(KEY, -1);
    assert.deepEqual(names('xattrop'), []);
    await add(DIRTY, 1);
    assert.deepEqual([names('dirty'), names('xattrop')], [[GFID], []]);
    await add('trusted.afr.other-client-1', 1);
    assert.deepEqual(names('xattrop'), [], 'of another volume');
  });

  it('has one entry too many rather than one too few where a change of marks fails', async () => {
    const gfid = '5ca1ab1e-0000-4000-8000-00000000000b';
    const dict = dictOfBytes([[KEY, counts(1)]]);
    const request = { gfid, flags: 0, dict, xdata: null };
    await assert.rejects(stack.top.wind('xattrop', request, ROOT_FRAME), { errno: 'ESTALE' });
    assert.deepEqual(names('xattrop'), [gfid]);
  });

  it('is right at the end, whatever comes at once', async () => {
    await Promise.all([add(KEY, 1), add(KEY, -1), add(KEY, 1), add(KEY, 3), add(KEY, -4)]);
    assert.deepEqual(names('xattrop'), []);
    await Promise.all([add(KEY, 1), add(KEY, -1), add(KEY, 1)]);
    assert.deepEqual(names('xattrop'), [GFID]);
  });

  it('makes entries that cost no inode', async () => {
    await add(KEY, 1);
    await add(DIRTY, 1);
    assert.equal(stack.disk.lstat(`${indices()}/xattrop/${GFID}`).nlink, 2);
  });

  it('shows its directories under gfids of their own', async () => {
    await add(KEY, 1);
    const gfid = await directory('glusterfs.xattrop_index_gfid');
    const at = { gfid, pargfid: gfid, bname: '', xdata: null };
    const { stat } = await stack.top.wind('lookup', at, ROOT_FRAME);
    assert.equal(stat.gfid, gfid);
    assert.deepEqual(await listing(gfid), [GFID]);
    assert.deepEqual(
      await listing(gfid, 4096, new Map([['get-gfid-type', { type: 'int', int: 1n }]])),
      [`${GFID} 8`],
    );
    const count = 'glusterfs.xattrop_index_count';
    const root = { gfid: ROOT_GFID, name: count, xdata: null };
    const { dict } = await stack.top.wind('getxattr', root, ROOT_FRAME);
    assert.deepEqual(dict?.get(count), { type: 'uint', uint: 1n });
    const entry = { pargfid: gfid, bname: GFID, xflags: 0, xdata: null };
    await stack.top.wind('unlink', entry, ROOT_FRAME);
    assert.deepEqual(await listing(gfid), []);
  });

  it('goes on with a listing although entries are removed from it', async () => {
    for (let index = 0; index < 9; index++)
      stack.disk.link(`${indices()}/../../f`, `${indices()}/dirty/${GFID.slice(0, -1)}${index}`);
    const gfid = await directory('glusterfs.xattrop_dirty_gfid');
    const fd = new Fd(gfid, 0);
    const seen: string[] = [];
    for (let [offset, isEof] = [0n, false]; !isEof; ) {
      const part = await stack.top.wind(
        'readdir',
        { fd, offset, size: 600, xdata: null },
        ROOT_FRAME,
      );
      for (const { name } of part.entries) {
        seen.push(name);
        const entry = { pargfid: gfid, bname: name, xflags: 0, xdata: null };
        await stack.top.wind('unlink', entry, ROOT_FRAME);
      }
      offset = part.entries.at(-1)?.offset ?? offset;
      isEof = part.isEof;
    }
    assert.equal(new Set(seen).size, 9);
    assert.deepEqual(names('dirty'), []);
  });

  it('notes names, and forgets them one by one or all at once', async () => {
    const word = (key: string, name: string): Dict =>
      new Map([[`glusterfs.xattrop-${key}`, { type: 'string', text: name }]]);
    for (const name of ['a', 'b', 'c']) await add(KEY, 0, word('entry-create', name));
    assert.deepEqual(names(`entry-changes/${GFID}`), ['a', 'b', 'c']);
    await add(KEY, 0, word('entry-delete', 'b'));
    const above = await directory('glusterfs.xattrop_entry_changes_gfid');
    assert.deepEqual(await listing(above), [GFID]);
    const at = { gfid: GFID, pargfid: above, bname: GFID, xdata: null };
    const { stat } = await stack.top.wind('lookup', at, ROOT_FRAME);
    assert.deepEqual(await listing(stat.gfid), ['a', 'c']);
    const entry = { pargfid: stat.gfid, bname: 'a', xflags: 0, xdata: null };
    await stack.top.wind('unlink', entry, ROOT_FRAME);
    await add(KEY, 2);
    await add(KEY, -1, word('purge-index', '1'));
    assert.deepEqual(names(`entry-changes/${GFID}`), ['c'], 'a name came while a healer worked');
    await add(KEY, -1, word('purge-index', '1'));
    assert.deepEqual(names('entry-changes'), []);
  });

  it('keeps a list without names while its directory is owed something', async () => {
    const word = (key: string, name: string): Dict =>
      new Map([[`glusterfs.xattrop-${key}`, { type: 'string', text: name }]]);
    await add(KEY, 1, word('entry-create', 'a'));
    const above = await directory('glusterfs.xattrop_entry_changes_gfid');
    const at = { gfid: GFID, pargfid: above, bname: GFID, xdata: null };
    const { stat } = await stack.top.wind('lookup', at, ROOT_FRAME);
    const entry = { pargfid: stat.gfid, bname: 'a', xflags: 0, xdata: null };
    await stack.top.wind('unlink', entry, ROOT_FRAME);
    await stack.top.wind('lookup', at, ROOT_FRAME);
    assert.deepEqual(await listing(stat.gfid), []);
    await add(KEY, -1, word('purge-index', '1'));
    await assert.rejects(stack.top.wind('lookup', at, ROOT_FRAME), { errno: 'ENOENT' });
  });

  it('tells a healer whether unlink or rmdir removes what it lists', async () => {
    const asked: Dict = new Map([['glusterfs.index-ia-type-get-req', { type: 'int', int: 1n }]]);
    const kindIn = async (key: string): Promise<Dict> => {
      const gfid = await directory(key);
      const at = { gfid, pargfid: gfid, bname: '', xdata: asked };
      return (await stack.top.wind('lookup', at, ROOT_FRAME)).xdata;
    };
    const answer = (uint: bigint) =>
      new Map([['glusterfs.index-ia-type-get-rsp', { type: 'uint', uint }]]);
    assert.deepEqual(await kindIn('glusterfs.xattrop_index_gfid'), answer(1n));
    assert.deepEqual(await kindIn('glusterfs.xattrop_dirty_gfid'), answer(1n));
    assert.deepEqual(await kindIn('glusterfs.xattrop_entry_changes_gfid'), answer(2n));
  });

  it('removes a directory of names with all that is in it, as healers do whose directory is gone', async () => {
    const created = { type: 'string', text: 'a' } as const;
    await add(KEY, 0, new Map([['glusterfs.xattrop-entry-create', created]]));
    const above = await directory('glusterfs.xattrop_entry_changes_gfid');
    const self = { pargfid: above, bname: GFID, xflags: 1, xdata: null };
    await assert.rejects(stack.top.wind('unlink', self, ROOT_FRAME), { errno: 'EPERM' });
    await stack.top.wind('rmdir', self, ROOT_FRAME);
    assert.deepEqual(names('entry-changes'), []);
    await assert.rejects(stack.top.wind('rmdir', self, ROOT_FRAME), { errno: 'ENOENT' });
  });

  for (const name of ['..', 'a/b', '.'])
    it(`notes no name ${JSON.stringify(name)}, which a hostile peer could send`, async () => {
      await add(
        KEY,
        0,
        new Map([['glusterfs.xattrop-entry-create', { type: 'string', text: name }]]),
      );
      assert.deepEqual(names('entry-changes'), []);
    });
});
