/*
 * POSIX ACLs as setfacl(1) writes them, and as Linux keeps them in `system.posix_acl_access` and `_default` (acl(5)): a
 * version, then eight bytes for each entry. Written apart from what the engine reads, so that one checks the other.
 *
 *   version:4 = 2 | tag:2 perm:2 id:4 | …      all little-endian
 */

const TAGS: readonly (readonly [tag: number, word: string, hasId: boolean])[] = [
  [0x01, 'u', false],
  [0x02, 'u', true],
  [0x04, 'g', false],
  [0x08, 'g', true],
  [0x10, 'm', false],
  [0x20, 'o', false],
];
const NO_ID = 0xffff_ffff;

/** `u::rwx,u:1001:r--,g::r-x,m::rwx,o::---`. */
export function aclOfText(text: string): Buffer {
  const entries = text.split(',').map((entry) => {
    const [word, id = '', permissions = ''] = entry.split(':');
    const found = TAGS.find(([, one, hasId]) => one === word && hasId === (id !== ''));
    if (found === undefined) throw new Error(`no entry of an ACL: ${entry}`);
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(found[0], 0);
    bytes.writeUInt16LE(bits(permissions), 2);
    bytes.writeUInt32LE(id === '' ? NO_ID : Number(id), 4);
    return bytes;
  });
  return Buffer.concat([Buffer.from([2, 0, 0, 0]), ...entries]);
}

export function textOfAcl(bytes: Buffer): string {
  const entries: string[] = [];
  for (let at = 4; at < bytes.length; at += 8) {
    const [tag, permissions, id] = [
      bytes.readUInt16LE(at),
      bytes.readUInt16LE(at + 2),
      bytes.readUInt32LE(at + 4),
    ];
    const [, word, hasId] = TAGS.find(([number]) => number === tag) ?? [tag, `${tag}`, true];
    entries.push(`${word}:${hasId ? id : ''}:${letters(permissions)}`);
  }
  return entries.join(',');
}

function bits(letters: string): number {
  return [...letters].reduce((sum, letter) => sum + ({ r: 4, w: 2, x: 1 }[letter] ?? 0), 0);
}

function letters(bits: number): string {
  return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`;
}
