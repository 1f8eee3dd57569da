/** What of the permissions that are asked for an inode gets, and what it gets unasked; of the last nine bits only. */
export interface ModeRule {
  readonly mask: number;
  readonly force: number;
}

const PERMISSIONS = 0o777;

export function modeBy({ mask, force }: ModeRule, mode: number): number {
  return (mode & ~PERMISSIONS) | (mode & mask) | force;
}

/** Reads the octal number of an option such as `storage.create-mask`: `0640`. Throws where it is none. */
export function permissionBits(key: string, text: string): number {
  if (!/^0[0-7]{0,3}$/.test(text))
    throw new Error(`option ${key}: "${text}" is no octal number from 0000 to 0777`);
  return Number.parseInt(text, 8);
}
