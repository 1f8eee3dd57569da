import { FopError } from '../fop/error.js';
import { type ByteString, byteString, isComponent, MAX_PATH_BYTES } from '../fop/name.js';

/** A path inside a volume: text, from its root, `/` or no slash in front alike. The root is `/` or empty. */
export type VolumePath = string;

/** The components of a path as byte strings, none for the root. EINVAL for one that cannot be; ENAMETOOLONG. */
export function components(path: VolumePath): ByteString[] {
  const bytes = byteString(path);
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
