/**
 * Names (of files, xattrs, dict keys, link targets) are bytes, not text: any byte but `/` and NUL may
 * stand in one. In memory they are *byte strings*: each character is one byte, 0 to 255. So they
 * compare, concatenate and serve as map keys like any string, and nothing is lost on the way
 * from the wire to the disk. Text made for people is converted at the border, here.
 */
export type ByteString = string;

export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4096;

export function byteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** For messages: bytes that are not UTF-8 show as the replacement character. */
export function readable(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** True where a byte string can be one component of a path. */
export function isComponent(name: ByteString): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_NAME_BYTES &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    !name.includes('\0')
  );
}
