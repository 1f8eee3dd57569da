import { majority } from '../members.js';
import type { Epoch } from './epoch.js';
import type { Sender } from './sender.js';

/**
 * Whether a majority of the voters' logs held nothing that the leader had not written, at a moment after the call. `senders`
 * has one entry per voter, undefined where it is not fed. Waits for no more answers than it needs.
 */
export function isUndisturbedByMajority(
  senders: readonly (Sender | undefined)[],
  epoch: Epoch,
): Promise<boolean> {
  const needed = majority(senders.length);
  let [undisturbed, answered] = [0, 0];
  return new Promise((resolve) => {
    const told = (isUndisturbed: boolean): void => {
      answered++;
      if (isUndisturbed) undisturbed++;
      if (undisturbed >= needed) resolve(true);
      else if (answered === senders.length) resolve(false);
    };
    for (const sender of senders) isUndisturbed(sender, epoch).then(told, () => told(false));
    if (senders.length === 0) resolve(false);
  });
}

async function isUndisturbed(sender: Sender | undefined, epoch: Epoch): Promise<boolean> {
  if (!sender?.isUp) return false;
  try {
    if (await sender.link.isUndisturbed(epoch)) return true;
  } catch {
    // Unknown is not undisturbed; the sender finds out.
  }
  sender.suspect();
  return false;
}
