import type { InodeHeal } from '../xlators/cluster/replicate/heal/replica-healer.js';
import type { Replica } from '../xlators/cluster/replicate/replica.js';

/** Why an inode is not healed yet, in a sentence; undefined where it is. */
export function whyPending({ result, error }: InodeHeal, replica: Replica): string | undefined {
  const { all, up } = replica.children;
  const away = all.flatMap(({ name }, number) => (up.includes(number) ? [] : [name]));
  const waits =
    away.length > 0 ? `, ${away.join(' and ')} ${away.length > 1 ? 'are' : 'is'} away` : '';
  switch (result) {
    case 'healed':
    case 'clean':
    case 'gone':
      return undefined;
    case 'busy':
      return 'another healer works on it';
    case 'alone':
      return `fewer than two subvolumes have it${waits}`;
    case 'no-source':
      return `the copies with its bytes are accused, only the arbiter is good${waits}`;
    case 'split-brain':
      return `each copy has missed what another one has${waits}; favorite-child-policy would choose one`;
    case 'partly':
      return error === undefined
        ? `a part of it could not be healed yet${waits}`
        : `${error.where} answers ${error.errno}${waits}`;
  }
}
