import { FopError } from '../fop/error.js';
import { type ByteString, byteString, isComponent, MAX_PATH_BYTES, readable } from '../fop/name.js';

/**
 * A path inside a volume: text, from its root, `/` or no slash in front alike. The root is `/` or empty. A byte of a name that
 * is no UTF-8 stands in it as U+DC80 to U+DCFF, which no text holds.
 */
export type VolumePath = string;

/** A name as a component of a path. */
export function pathName(name: ByteString): string {
  const text = readable(name);
  if (byteString(text) === name) return text;
  return name.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(ESCAPE + byte.charCodeAt(0)));
}

const ESCAPE = 0xdc00;

function bytesOf(path: VolumePath): ByteString {
  return path.replace(/([\udc80-\udcff])|[^\udc80-\udcff]+/gu, (part, escaped) =>
    escaped === undefined ? byteString(part) : String.fromCharCode(part.charCodeAt(0) - ESCAPE),
  );
}

/** The components of a path as byte strings, none for the root. EINVAL for one that cannot be; ENAMETOOLONG. */
export function components(path: VolumePath): ByteString[] {
  const bytes = bytesOf(path);
  if (bytes.length > MAX_PATH_BYTES) throw new FopError('ENAMETOOLONG', 'path');
  const names = bytes.replace(/^\//, '').split('/');
  if (names.length === 1 && names[0] === '') return [];
  for (const name of names)
    if (!isComponent(name))
      throw new FopError(name.length > 255 ? 'ENAMETOOLONG' : 'EINVAL', 'path');
  return names;
}

/** The directory's components and the name in it. EINVAL for the root, which has no name. */
export function parentAndName(path: VolumePath): { parent: ByteString[]; name: ByteString } {
  const parent = components(path);
  const name = parent.pop();
  if (name === undefined) throw new FopError('EINVAL', 'the root of a volume has no name');
  return { parent, name };
}
