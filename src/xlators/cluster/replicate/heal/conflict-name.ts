import { type ByteString, MAX_NAME_BYTES } from '../../../../fop/name.js';

/**
 * Where the version that lost a name is kept: NAME.conflict-SUBVOLUME-TIME, cut in NAME to what a name may have. It follows from what
 * is kept alone, so that a heal which begins again finds what it has begun.
 */
export function conflictName(name: ByteString, subvolume: string, mtime: number): ByteString {
  const end = `.conflict-${subvolume.slice(-100)}-${stamp(mtime)}`;
  return `${cut(name, MAX_NAME_BYTES - end.length)}${end}`;
}

/** 20261120T191500Z; seconds that are no date, as they are. */
function stamp(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds}`;
  return date.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

/** The first bytes of a name, without half a UTF-8 character at the end. */
function cut(name: ByteString, most: number): ByteString {
  if (name.length <= most) return name;
  let end = most;
  while (end > most - 4 && (name.charCodeAt(end) & 0xc0) === 0x80) end -= 1;
  return name.slice(0, end);
}
