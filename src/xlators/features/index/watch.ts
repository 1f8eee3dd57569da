import { type Dict, dictBytes } from '../../../fop/dict.js';
import type { ByteString } from '../../../fop/name.js';

/** Which attributes an index is kept for, by the beginning of their names. */
export type Watchlist = readonly ByteString[];

/** What a value of the volfile means: names with commas between. */
export function watchlist(text: string | undefined): Watchlist {
  return (text ?? '').split(',').flatMap((name) => name.trim() || []);
}

/**
 * What an xattrop's dict says of the watched attributes: undefined where it has none of them, else whether any is not
 * zero. Of a request it tells what may come, of a reply what is.
 */
export function watched(dict: Dict, list: Watchlist): boolean | undefined {
  let found: boolean | undefined;
  for (const key of dict?.keys() ?? []) {
    if (!list.some((prefix) => key.startsWith(prefix))) continue;
    const isSet = dictBytes(dict, key)?.some((byte) => byte !== 0) ?? false;
    found = found === true || isSet;
  }
  return found;
}

/** A name in xdata, with or without the NUL that C puts behind it. */
export function nameIn(xdata: Dict, key: string): ByteString | undefined {
  const value = xdata?.get(key);
  const text =
    value?.type === 'string'
      ? value.text
      : value?.type === 'bytes' || value?.type === 'untyped'
        ? value.bytes.toString('latin1')
        : undefined;
  return text?.replace(/\0+$/, '') || undefined;
}
