import type { Problem } from '../error.js';

/** A server that a write waits for, and what is the matter with its log, where that is known. */
export interface Waited {
  readonly name: string;
  readonly trouble: Problem | undefined;
}

/** `n2 (the disk of /srv/b/journal is full: 0 bytes free)`; only the name where it merely does not answer. */
export function waitedText({ name, trouble }: Waited): string {
  return trouble === undefined || trouble.code === 'HFS-2003' ? name : `${name} (${trouble.why})`;
}

/** True for what stops writes only, and ends by itself once the disk takes them. */
export function isForWriting(trouble: Problem | undefined): boolean {
  return trouble?.code === 'HFS-5008' || trouble?.code === 'HFS-5009';
}
