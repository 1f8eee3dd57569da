/** One place for a word behind a command. */
export interface Place {
  readonly name: string;
  readonly isRequired: boolean;
  /** It takes all words that are left. */
  readonly isMany: boolean;
}

/** The words of a command: those that name it, then places. */
export interface Words {
  readonly names: readonly string[];
  readonly places: readonly Place[];
}

/** Reads `token create`, `get <key..>`, `list [prefix]`. */
export function wordsOf(text: string): Words {
  const names: string[] = [];
  const places: Place[] = [];
  for (const word of text.split(' ')) {
    const match = /^([<[])([a-z-]+)(\.\.)?[>\]]$/.exec(word);
    if (match === null) names.push(word);
    else
      places.push({
        name: match[2] ?? '',
        isRequired: match[1] === '<',
        isMany: match[3] !== undefined,
      });
  }
  return { names, places };
}
