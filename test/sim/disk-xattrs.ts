import { FopError } from '../../src/fop/error.js';
import { isSymlink } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import { isAclName, setAcl } from './disk-acl.js';
import type { SimInode } from './disk-inode.js';
import type { Names } from './disk-names.js';

const MAX_XATTR_BYTES = 65_536;

/** Extended attributes with Linux's rules of who may have which. */
export class SimXattrs {
  constructor(
    private readonly names: Names,
    private readonly isPrivileged: boolean,
  ) {}

  get(inode: SimInode, name: ByteString): Buffer {
    if (isAclName(name) && isSymlink(inode)) throw new FopError('EOPNOTSUPP', 'getxattr');
    const value = this.isSeen(name) ? inode.xattrs.get(name) : undefined;
    if (value === undefined) throw new FopError('ENODATA', 'getxattr');
    return Buffer.from(value);
  }

  set(inode: SimInode, name: ByteString, value: Uint8Array, flags: 0 | 1 | 2): void {
    this.check(inode, name, value.length);
    if (isAclName(name)) {
      const undo = aclBefore(inode);
      setAcl(inode, name, value);
      this.names.changed(inode, undo);
      return;
    }
    const before = inode.xattrs.get(name);
    if (flags === 1 && before !== undefined) throw new FopError('EEXIST', 'setxattr');
    if (flags === 2 && before === undefined) throw new FopError('ENODATA', 'setxattr');
    inode.xattrs.set(name, Buffer.from(value));
    this.names.changed(inode, () => restore(inode, name, before));
  }

  /** An ACL that is not there is removed all the same. */
  remove(inode: SimInode, name: ByteString): void {
    if (isAclName(name) && !inode.xattrs.has(name)) return;
    const before = this.get(inode, name);
    inode.xattrs.delete(name);
    this.names.changed(inode, () => restore(inode, name, before));
  }

  list(inode: SimInode): readonly ByteString[] {
    return [...inode.xattrs.keys()].filter((name) => this.isSeen(name));
  }

  private isSeen(name: ByteString): boolean {
    return this.isPrivileged || !name.startsWith('trusted.');
  }

  private check(inode: SimInode, name: ByteString, size: number): void {
    if (name.includes('\0')) throw new FopError('EINVAL', 'setxattr');
    if (!/^(trusted|user|security|system)\../s.test(name))
      throw new FopError('EOPNOTSUPP', 'setxattr');
    if (name.length > 255 || size > MAX_XATTR_BYTES) throw new FopError('ERANGE', 'setxattr');
    const isPlain = inode.isRegular || inode.isDirectory;
    if (!this.isSeen(name) || (name.startsWith('user.') && !isPlain))
      throw new FopError('EPERM', 'setxattr');
  }
}

/** How to have the mode and the ACLs again that an inode has now. */
export function aclBefore(inode: SimInode): () => void {
  const { mode } = inode;
  const acls = [...inode.xattrs].filter(([name]) => isAclName(name));
  return () => {
    inode.mode = mode;
    for (const name of [...inode.xattrs.keys()].filter(isAclName)) inode.xattrs.delete(name);
    for (const [name, value] of acls) inode.xattrs.set(name, value);
  };
}

function restore(inode: SimInode, name: ByteString, before: Buffer | undefined): void {
  if (before === undefined) inode.xattrs.delete(name);
  else inode.xattrs.set(name, before);
}
