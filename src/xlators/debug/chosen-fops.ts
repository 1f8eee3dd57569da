import { FOP_NAMES, type FopName } from '../../fop/fops.js';

/** A list of fops as a volfile has it, names with commas between, in any case; an empty one means all. Throws for others. */
export function chosenFops(text: string | undefined): ReadonlySet<FopName> {
  const words = (text ?? '').split(',').flatMap((word) => word.trim().toLowerCase() || []);
  const unknown = words.filter((word) => !isFop(word));
  if (unknown.length > 0) throw new Error(`there is no fop ${unknown.join(', ')}`);
  return new Set(words.length === 0 ? FOP_NAMES : words.filter(isFop));
}

function isFop(word: string): word is FopName {
  return FOP_NAMES.some((name) => name === word);
}

/** True each time that another `percent` of a hundred calls has come together: of 25 percent, every fourth call. */
export class Share {
  private sum = 0;

  constructor(private readonly percent: number) {}

  next(): boolean {
    this.sum += this.percent;
    if (this.sum < 100) return false;
    this.sum -= 100;
    return true;
  }
}
