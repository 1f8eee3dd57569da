import { python, shell } from './shell.js';

/** Programs that the trees are made with. */
export const TREE_PROGRAMS = ['setfacl', 'getfacl', 'fallocate', 'mknod', 'python3'];

/** Makes one of everything that a filesystem can hold, and changes all of it. */
export async function makeTree(mount: string): Promise<void> {
  await shell(MAKE, mount);
  await python(SOCKET, mount);
}

/** Changes, moves and removes what `makeTree` has made, as whoever serves the brick next has to. */
export async function changeTree(mount: string): Promise<void> {
  await shell(CHANGE, mount);
}

/** Everything of a tree that its users see, but for the times of its directories and of access. */
export async function treeAsSeen(mount: string): Promise<string> {
  return shell(SEEN, mount);
}

const MAKE = `
cd $1
mkdir -p plain/empty plain/deep/er/and/deeper
echo some text >plain/file; : >plain/nothing
head -c 300000 /dev/zero | tr '\\0' x >plain/large
ln -s file plain/pointer; ln -s /nowhere/at/all plain/dangling; ln -s . plain/loop
mkfifo plain/pipe; mknod plain/char c 1 3; mknod plain/block b 7 200
chmod 600 plain/pipe; chown 12:34 plain/char plain/block; chown -h 56:78 plain/pointer
ln plain/file plain/deep/second; ln plain/file plain/deep/er/third
ln plain/pipe plain/deep/pipe; ln plain/dangling plain/deep/dangling; ln plain/char plain/deep/char
chmod 4755 plain/file; chmod 2770 plain/deep; chmod 1777 plain/empty; chown 1001:1002 plain/deep plain/large

mkdir xattrs; : >xattrs/file; mkdir xattrs/directory
for on in xattrs/file xattrs/directory; do
  setfattr -n user.colour -v blue $on; setfattr -n user.empty -v '' $on
  setfattr -n user.gone -v 1 $on; setfattr -x user.gone $on
  setfattr -n trusted.colour -v red $on
  setfattr -n user.large -v $(head -c 2000 /dev/zero | tr '\\0' y) $on
  setfattr -n user.colour -v green $on
done
setfattr -h -n trusted.on.a.link -v 1 plain/pointer

mkdir acls; : >acls/file
setfacl -m u:1001:rw,g:1002:r acls/file; setfacl -m d:u:1001:rwx,d:o::- acls
mkdir acls/inherits; : >acls/inherits/file; : >acls/none; setfacl -m u:7:r acls/none; setfacl -b acls/none

mkdir sparse; truncate -s 10M sparse/hole
printf middle | dd of=sparse/hole bs=1 seek=5000000 conv=notrunc status=none
fallocate -l 1M sparse/reserved; fallocate -n -o 1M -l 1M sparse/reserved
head -c 1000000 /dev/zero | tr '\\0' z >sparse/punched; fallocate -p -o 200000 -l 500000 sparse/punched
head -c 1000 /dev/zero | tr '\\0' z >sparse/short; truncate -s 10 sparse/short

mkdir moved; cd moved
echo one >a; echo two >b; mv a b
echo three >c; ln c c2; mv c d; ln d e; rm c2
mkdir -p from/in; echo deep >from/in/file; mkdir to; mv from to/from; mv -T to/from/in into
mkdir over victim; : >over/x; mv -T over victim
ln -s target link; mv link link2; mkfifo p; mv p q
mkdir gone; echo x >gone/x; rm -r gone; echo gone >g; rm g; ln -s g g; rm g
for i in $(seq 20); do echo $i >n$i; done; for i in $(seq 1 2 20); do rm n$i; done
cd ..
odd=$(printf 'odd\\n \\377\\001 name'); echo odd >"$odd"; mkdir "$odd.d"; mv "$odd" "$odd.d"
echo long >$(printf 'n%.0s' $(seq 255))
find . -type f -exec touch -d 2011-12-13T14:15:16.171819 {} +`;

const SOCKET = `
import os, socket, sys
os.chdir(sys.argv[1])
socket.socket(socket.AF_UNIX).bind('plain/socket')
os.chmod('plain/socket', 0o640)`;

const CHANGE = `
cd $1
echo more >>plain/file; printf X | dd of=plain/large bs=1 seek=100000 conv=notrunc status=none
rm plain/deep/second; mv plain/deep/er/third plain/third; ln plain/third plain/fourth
mv plain/deep elsewhere; rmdir elsewhere/er/and/deeper
mkdir elsewhere/er/and/new; echo new >elsewhere/er/and/new/file
rm plain/pointer plain/char; mv plain/dangling plain/pointer; mv plain/block plain/pipe
mv plain/socket elsewhere/socket
setfattr -x user.empty xattrs/file; setfattr -n user.colour -v black xattrs/file
setfattr -x trusted.colour xattrs/directory
setfacl -x u:1001 acls/file; echo x >acls/file; setfacl -k acls; : >acls/later
truncate -s 3M sparse/hole; printf end >>sparse/punched
rm -r moved/into; mv moved/b moved/d; rmdir moved/to/from; mv -T moved/victim moved/to
for i in 2 4 6; do mv moved/n$i moved/m$i; done
rm -r odd*; mkdir plain/empty/not; chmod 755 plain/empty
find . -type f -exec touch -d 2011-12-13T14:15:17.171819 {} +`;

const SEEN = `
cd $1
find . -type d -printf '%P %y %m %U:%G\\n' | sort
find . ! -type d -printf '%P %y %m %U:%G %n %s %l\\n' | sort
find . -type f -printf '%P %T@\\n' | sort
find . \\( -type c -o -type b \\) -exec stat -c "%n %t %T" {} + | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum
find . ! -path . -print0 | sort -z | xargs -0 getfattr -h -d -m '^(user|trusted)[.]' -e hex -- 2>&1 |
  grep -v '^trusted[.]glusterfs[.]dht'
find . ! -type l -print0 | sort -z | xargs -0 getfacl -n --`;
