import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { python, shell } from './shell.js';
import { interopEngine, needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';

/** A tree of text: what this project is written in, as it is checked out. */
const SOURCES = ['src', 'test'];
const PROGRAMS = ['git', 'rsync', 'sqlite3', 'python3', 'fallocate', 'flock', 'setpriv'];

describe('everyday programs on one brick, by the stock client with the graph of glusterd', function () {
  this.timeout(180_000);
  let volume: StockVolume | undefined;
  let one = '';
  let two = '';
  let below = '';
  const at = (name: string): string => join(one, name);

  before(async function () {
    needInterop(this, ...PROGRAMS);
    volume = await StockVolume.start('none', interopEngine());
    one = (await volume.mount()).path;
    two = (await volume.mount()).path;
    below = volume.brick(0).directory;
  });

  after(() => volume?.stop());

  it('git clones, commits, packs, and finds nothing wrong', async () => {
    const made = await shell(GIT_ORIGIN, join(volume?.directory ?? '', 'origin'), ...SOURCES);
    const cloned = await shell(GIT_CLONE, join(volume?.directory ?? '', 'origin'), at('clone'));
    assert.equal(cloned.trim(), made.trim(), 'the tree that was committed');
    assert.equal((await shell(GIT_CLONE, at('clone'), at('again'))).trim(), made.trim());
    await shell(GIT_WORK, at('clone'));
  });

  it('tar unpacks a tree that is the same through the mount, on the brick, and packed again', async () => {
    await shell('mkdir $1; tar cf - src test | tar xf - -C $1', at('tree'));
    for (const part of SOURCES) {
      await shell('diff -r $1 $2', part, at(`tree/${part}`));
      await shell('diff -r $1 $2', part, join(below, 'tree', part));
    }
    const sums = 'tar cf - --sort=name --mtime=@0 -C $1 src test | sha256sum';
    assert.equal(await shell(sums, at('tree')), await shell(sums, '.'));
  });

  it('SQLite keeps a database whole under four processes', async () => {
    await shell('sqlite3 $1 "create table t(who text, n int, what blob)"', at('db'));
    const writers = ['a', 'b', 'c', 'd'].map((who) => shell(SQLITE_WRITER, at('db'), who, '40'));
    await Promise.all(writers);
    const count = 'sqlite3 $1 ".timeout 60000" "pragma integrity_check; select count(*) from t"';
    assert.equal(await shell(count, join(two, 'db')), 'ok\n160\n');
    assert.equal(await shell(count, join(below, 'db')), 'ok\n160\n');
  });

  it('SQLite rolls a transaction back whose process was killed', async () => {
    await python(SQLITE_KILLED, at('killed.db'));
    const asked = 'sqlite3 $1 ".timeout 60000" "pragma integrity_check; select count(*) from t"';
    assert.equal(await shell(asked, join(two, 'killed.db')), 'ok\n1\n');
  });

  for (const how of ['', '--inplace'])
    it(`rsync ${how} copies, and then only what has changed`, async () => {
      const [from, to] = [join(volume?.directory ?? '', `from${how}`), at(`rsynced${how}`)];
      await shell('mkdir $1; cp -a src test $1; dd if=/dev/urandom of=$1/big bs=1M count=8', from);
      const rsync = `rsync -aHAX --delete ${how} --no-whole-file --stats $1/ $2/`;
      await shell(rsync, from, to);
      await shell('diff -r $1 $2', from, to);
      await shell(
        'printf changed | dd of=$1/big bs=1 seek=4000000 conv=notrunc; rm $1/src/README.md; mv $1/src/fop $1/fop',
        from,
      );
      const stats = await shell(rsync, from, to);
      await shell('diff -r $1 $2; diff -r $1 $3', from, to, join(below, `rsynced${how}`));
      const literal = /Literal data: ([\d,]+)/.exec(stats)?.[1]?.replaceAll(',', '');
      assert.ok(Number(literal) < 4_000_000, `literal data: ${literal}`);
    });

  it('cp -a keeps links, modes, owners and times', async () => {
    const from = join(volume?.directory ?? '', 'attributes');
    await shell(ATTRIBUTES, from);
    await shell('cp -a $1 $2', from, at('attributes'));
    const listed =
      'cd $1; find . -printf "%P %y %m %U:%G %n %l %T@\\n" | sort; getfattr -R -h -d -m "^user" .';
    const expected = await shell(listed, from);
    assert.equal(await shell(listed, at('attributes')), expected);
    assert.equal(await shell(listed, join(two, 'attributes')), expected, 'on another mount');
  });

  it('names survive a storm of renames on two mounts', async () => {
    await shell('mkdir $1; cd $1; for i in $(seq 40); do echo $i >f$i; done', at('storm'));
    const storm = [one, two, one].map((mount, index) =>
      shell(RENAMES, join(mount, 'storm'), String(index)),
    );
    await Promise.all(storm);
    const all = 'cd $1; cat $(ls) | sort -n | tr "\\n" " "';
    const numbers = Array.from({ length: 40 }, (_, index) => `${index + 1} `).join('');
    assert.equal(await shell(all, at('storm')), numbers);
    assert.equal(await shell(all, join(below, 'storm')), numbers);
  });

  it('no line is lost of what two mounts append at once', async () => {
    await fs.writeFile(at('appended'), '');
    const appenders = [one, two].map((mount, index) =>
      shell(
        'for i in $(seq 300); do echo "$2 $i" >>$1; done',
        join(mount, 'appended'),
        `m${index}`,
      ),
    );
    await Promise.all(appenders);
    const lines = (await fs.readFile(join(below, 'appended'), 'utf8')).trimEnd().split('\n');
    assert.equal(new Set(lines).size, 600);
    assert.equal(lines.length, 600);
  });

  it('memory maps are written back', async () => {
    await python(MMAP, at('mapped'));
    const bytes = await fs.readFile(join(below, 'mapped'));
    assert.equal(bytes.length, 1024 * 1024);
    assert.equal(bytes.subarray(500_000, 500_005).toString(), 'hello');
    assert.equal((await fs.readFile(join(two, 'mapped'))).compare(bytes), 0);
  });

  it('flock and fcntl locks hold between mounts, and go with their process', async () => {
    await fs.writeFile(at('locked'), '');
    await python(LOCKS, at('locked'), join(two, 'locked'));
  });

  it('takes long names, deep paths and sparse files', async () => {
    await shell(DEEP, at('deep'));
    assert.equal(await shell(DEEP_READ, join(two, 'deep')), 'at the bottom\n');
    await shell('rm -r $1', at('deep'));
    await assert.rejects(fs.stat(join(below, 'deep')), { code: 'ENOENT' });
    await shell(SPARSE, at('sparse'));
    await shell('cmp $1 $2', join(two, 'sparse'), join(below, 'sparse'));
    const { size, blocks } = await fs.stat(at('sparse'));
    assert.equal(size, 64 * 1024 ** 2 + 4);
    assert.ok(blocks * 512 < 3 * 1024 ** 2, `${blocks} blocks`);
  });

  it('other users may do what modes and groups let them, and no more', async () => {
    await shell(OTHER_USERS, at('users'));
  });

  it('and of all this the brick keeps no handle without a name', async () => {
    await volume?.unmount();
    await fs.stat(below);
    const odd = await shell(ODD_HANDLES, below);
    assert.equal(odd, '');
  });
});

const GIT_ORIGIN = `
origin=$1; shift
git init -q $origin
cp -a "$@" $origin
cd $origin
git config user.name x; git config user.email x@example.org
for part in src/README.md src/[a-f]* src test/[a-h]* test; do git add $part; git commit -q -m $part || true; done
git rev-parse HEAD^{tree}`;

const GIT_CLONE = `
git clone -q --no-hardlinks $1 $2
cd $2
git fsck --full --strict
git status --porcelain
git rev-parse HEAD^{tree}`;

const GIT_WORK = `
cd $1
git config user.name x; git config user.email x@example.org
git checkout -q -b work HEAD~5
echo more >>src/README.md; git commit -q -a -m more
git merge -q -m merge @{-1}
git mv src sources; git commit -q -m moved
git rebase -q HEAD~1
git gc -q --prune=now
git fsck --full --strict
[ -z "$(git status --porcelain)" ]`;

const SQLITE_WRITER = `
for i in $(seq $3); do
  sqlite3 $1 ".timeout 60000" "insert into t values('$2', $i, randomblob(3000))"
done`;

const SQLITE_KILLED = `
import os, signal, sqlite3, sys
child = os.fork()
if child == 0:
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    db.execute('create table t(n int, what blob)')
    db.execute('insert into t values(0, 0)')
    db.execute('pragma cache_size=10')
    db.execute('begin immediate')
    for n in range(200):
        db.execute('insert into t values(?, randomblob(4000))', (n,))
    os.kill(os.getpid(), signal.SIGKILL)
assert os.waitpid(child, 0)[1] == signal.SIGKILL
assert os.path.getsize(sys.argv[1] + '-journal') > 0
assert os.path.getsize(sys.argv[1]) > 400000`;

const ATTRIBUTES = `
mkdir $1; cd $1
echo a >file; ln file second; ln -s file pointer; ln -s /nowhere/at/all dangling
mkfifo pipe; mkdir -m 2770 group; mkdir -m 1777 sticky
chmod 4755 file; chown 12:34 file; chown -h 56:78 pointer
touch -h -d 2001-02-03T04:05:06.789 pointer; touch -d 2011-12-13T14:15:16.171819 file group
setfattr -n user.colour -v blue file; setfattr -n user.empty -v "" group`;

const RENAMES = `
cd $1
for i in $(seq 60); do
  f=$(ls | shuf -n 1) || continue
  mv -T -n $f $f-$2 2>/dev/null || true
  g=$(ls | shuf -n 1) || continue
  mv -T -n $g \${g%%-*}-$i$2 2>/dev/null || true
done`;

const MMAP = `
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 1 << 20)
with mmap.mmap(fd, 0) as m:
    m[500000:500005] = b'hello'
    m[-3:] = b'end'
    m.flush()
    assert os.pread(fd, 5, 500000) == b'hello'
os.close(fd)`;

const LOCKS = `
import errno, fcntl, os, struct, sys
one, two = (os.open(path, os.O_RDWR) for path in sys.argv[1:3])

def refused(lock, *words):
    try:
        lock(two, *words)
    except OSError as error:
        assert error.errno in (errno.EAGAIN, errno.EACCES), error
        return True
    return False

def tried(lock, fd, kind, *words):
    lock(fd, kind | fcntl.LOCK_NB, *words)

tried(fcntl.flock, one, fcntl.LOCK_EX)
assert refused(fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB)
fcntl.flock(one, fcntl.LOCK_UN)
tried(fcntl.flock, two, fcntl.LOCK_EX)
fcntl.flock(two, fcntl.LOCK_UN)
tried(fcntl.flock, one, fcntl.LOCK_SH)
tried(fcntl.flock, two, fcntl.LOCK_SH)
fcntl.flock(one, fcntl.LOCK_UN)
fcntl.flock(two, fcntl.LOCK_UN)

child = os.fork()
if child == 0:
    mine = os.open(sys.argv[1], os.O_RDWR)
    fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB, 100, 0)
    open(sys.argv[1] + '.held', 'w').close()
    while not os.path.exists(sys.argv[1] + '.go'):
        pass
    os._exit(0)
while not os.path.exists(sys.argv[1] + '.held'):
    pass
assert refused(fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 50)
tried(fcntl.lockf, two, fcntl.LOCK_EX, 10, 100)
asked = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 20, 10, 0)
kind, whence, start, length, pid = struct.unpack('hhqqi4x', fcntl.fcntl(two, fcntl.F_GETLK, asked))
assert (kind, start, length) == (fcntl.F_WRLCK, 0, 100), (kind, start, length)
open(sys.argv[1] + '.go', 'w').close()
assert os.waitpid(child, 0)[1] == 0
fcntl.lockf(two, fcntl.LOCK_EX, 100, 0)
`;

const DEEP = `
mkdir $1; cd $1
name=$(printf 'd%.0s' $(seq 200))
for i in $(seq 15); do mkdir $name; cd $name; done
echo at the bottom >$(printf 'f%.0s' $(seq 255))`;

const DEEP_READ = `
cd $1
for i in $(seq 15); do cd d*; done
cat f*`;

const SPARSE = `
truncate -s 64M $1
printf tail >>$1
dd if=/dev/urandom of=$1 bs=64K count=32 seek=100 conv=notrunc status=none
fallocate -p -o $((110 * 65536)) -l $((10 * 65536)) $1
fallocate -z -o $((102 * 65536)) -l 65536 $1
python3 - $1 <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
assert os.pread(fd, 10 * 65536, 110 * 65536) == bytes(10 * 65536)
assert os.lseek(fd, 0, os.SEEK_DATA) == 100 * 65536
assert os.lseek(fd, 100 * 65536, os.SEEK_HOLE) in (102 * 65536, 110 * 65536)
assert os.lseek(fd, 110 * 65536, os.SEEK_DATA) == 120 * 65536
END`;

const OTHER_USERS = `
mkdir -m 755 $1; cd $1
as() { setpriv --reuid "$1" --regid "$2" --groups "$3" -- "\${@:4}"; }
mkdir -m 777 open; mkdir -m 2770 team; chgrp 2000 team; mkdir -m 1777 sticky
as 1001 1001 1001 bash -c 'echo mine >open/mine; chmod 600 open/mine'
[ "$(stat -c %u:%g open/mine)" = 1001:1001 ]
! as 1002 1002 1002 cat open/mine 2>/dev/null
! as 1002 1002 1002 chmod 666 open/mine 2>/dev/null
! as 1002 1002 1002 chown 1002 open/mine 2>/dev/null
as 1001 1001 1001,2000 bash -c 'echo ours >team/ours'
[ "$(stat -c %g team/ours)" = 2000 ]
as 1002 1002 2000 cat team/ours >/dev/null
! as 1003 1003 1003 ls team 2>/dev/null
as 1001 1001 1001 touch sticky/a
! as 1002 1002 1002 rm -f sticky/a 2>/dev/null
as 1001 1001 1001 rm sticky/a
chown 1002 open/mine; as 1002 1002 1002 cat open/mine >/dev/null
chmod 644 open/mine; as 1003 1003 1003 cat open/mine >/dev/null`;

const ODD_HANDLES = `
cd $1/.glusterfs
find [0-9a-f][0-9a-f] -type f -links 1
find [0-9a-f][0-9a-f] -xtype l -type l ! -lname '*/*/*/*' -links 1 | head
find unlink landfill indices -mindepth 1 ! -type d ! -name '*-*-*-*-*-*'`;
