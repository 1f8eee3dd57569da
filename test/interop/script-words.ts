import type { Dict, DictValue } from '../../src/fop/dict.js';
import { Fd, O_CREAT, O_RDWR } from '../../src/fop/fd.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import type { FopTranscript } from './fop-transcript.js';

export type Chapter = (t: FopTranscript) => Promise<void>;

/** A gfid of the script, by its number. */
export function gfidOf(number: number): Gfid {
  return `ab000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function want(number: number, more: Dict = null): Map<string, DictValue> {
  return new Map([['gfid-req', { type: 'gfid', gfid: gfidOf(number) }], ...(more ?? [])]);
}

export function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

export const AT_ROOT = { pargfid: ROOT_GFID } as const;
export const NEW = { mode: 0o644, umask: 0 } as const;
export const EMPTY: Dict = new Map();

/** A new file of this number with this content; answers an fd of it. */
export async function file(t: FopTranscript, number: number, name: string, text = ''): Promise<Fd> {
  const fd = new Fd(gfidOf(number), O_RDWR);
  const request = {
    ...AT_ROOT,
    bname: name,
    flags: O_RDWR | O_CREAT,
    mode: 0o100644,
    umask: 0,
    fd,
  };
  await t.ask(`${name} (made)`, 'create', request, want(number));
  if (text !== '') await write(t, `${name} (made)`, fd, text);
  return fd;
}

export async function directory(
  t: FopTranscript,
  number: number,
  name: string,
  pargfid = ROOT_GFID,
) {
  const request = { pargfid, bname: name, mode: 0o755, umask: 0 };
  await t.ask(`${name} (made)`, 'mkdir', request, want(number));
  return gfidOf(number);
}

export function write(
  t: FopTranscript,
  label: string,
  fd: Fd,
  text: string,
  offset = 0,
  xdata: Dict = null,
  flags = 0,
) {
  const data = Buffer.from(text, 'latin1');
  return t.ask(label, 'writev', { fd, offset, flags, data }, xdata);
}

export function named(pargfid: Gfid, bname: string) {
  return { gfid: NULL_GFID, pargfid, bname };
}

export const handle = (gfid: Gfid) => `.glusterfs/${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}`;
