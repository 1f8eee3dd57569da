/**
 * Where our brick's answer is another one than 10.3's, on purpose: the line of the transcript, and why. A line that stands here has to
 * differ, so that nothing stays in this table for longer than it is true.
 */
export const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ...because("what is the brick's own is refused, whatever is asked of it", [
    "rmdir: the brick's own",
    "rmdir: the brick's own, recursive",
    "rename: the brick's own",
    "rename: the brick's own (old)",
  ]),
  ...because('ENOTDIR is what the kernel of a client expects', [
    'lookup: through a symlink',
    'lookup: in a file',
    'mkdir: in a file',
  ]),
  ...because(
    'mkdir, mknod and create keep setuid and setgid as any filesystem does; 10.3 loses them with its chown',
    [
      'mkdir: by a user',
      'on disk: directory of a user',
      'mknod: by a user',
      'on disk: file of a user',
      'create: by a user',
      'on disk: of a user',
    ],
  ),
  ...because(
    'two inodes of one gfid are never made; 10.3 makes two directories of one gfid, and leaves a file without handle behind',
    [
      'mknod: gfid taken',
      'mknod: gfid taken by a directory, internal',
      'symlink: gfid taken, internal',
      'symlink: gfid taken',
      'mkdir: gfid taken',
      'create: gfid taken',
      'on disk: with the taken gfid',
    ],
  ),
  ...because('a symlink is not followed on the brick', [
    'create: over a symlink',
    'truncate: symlink',
  ]),
  ...because('no name leads out of a directory', [
    'lookup: dot',
    'lookup: dot dot',
    'readdirp: root, ..',
  ]),
  ...because('to read nothing is no error', ['readv: nothing']),
  ...because('open of a directory is EISDIR', ['open: directory']),
  ...because('what is unknown is EINVAL', ['seek: wrong', 'setxattr: flag 3', 'setattr: size']),
  ...because('a gfid is not changed from outside, and who tries is told', [
    'setxattr: gfid',
    'setxattr: volume-id',
    'fsetxattr: by fd, gfid',
    'xattrop: gfid',
    'removexattr: gfid2path',
  ]),
  ...because('attributes can be asked for by fd as by gfid', [
    'getxattr: trusted.gfid',
    'getxattr: trusted.gfid of a directory',
    'getxattr: trusted.gfid of root',
    'fgetxattr: trusted.gfid',
    'fgetxattr: glusterfs.gfid2path',
    'fgetxattr: trusted.glusterfs.pathinfo',
    'fgetxattr: glusterfs.gfidtopath',
    'fgetxattr: glusterfs.ancestry.path',
    'fgetxattr: trusted.glusterfs.mdata',
    'fgetxattr: all by fd',
  ]),
  ...because('open directories are not counted', [
    'getxattr: glusterfs.open-fd-count of root',
    'readdirp: counts, .',
    'readdirp: counts, ..',
  ]),
  ...because('ACLs as text are not made', [
    'getxattr: glusterfs.posix.acl',
    'getxattr: glusterfs.posix.acl of a directory',
    'getxattr: glusterfs.posix.acl of root',
  ]),
  ...because('an array of no elements is an error', ['xattrop: no bytes']),
  ...because('a gfid that is gone is ESTALE, whether the server remembers it or not', [
    'stat: nameless',
    'link: nameless',
    'stat: removed',
    'fstat: removed',
    'readdir: removed',
  ]),
  ...because('an open file that is renamed over keeps a handle until it is closed', [
    'names: unlink directory (rename)',
  ]),
  ...because('both names are kept noted; 10.3 forgets one of them', [
    'on disk: first name',
    'on disk: second name',
  ]),
  ...because('an error does not echo what was asked', ['create: over a directory']),
  ...because('icreate is not served', ['icreate: new gfid']),
]);

function because(why: string, lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => [line, why] as const);
}
