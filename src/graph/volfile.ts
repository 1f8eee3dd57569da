import { type Place, VolfileError } from './volfile-error.js';
import { endOf, volfileWords, type Word } from './volfile-words.js';

/*
 *     # a comment
 *     volume NAME
 *         type CATEGORY/KIND
 *         option KEY VALUE
 *         subvolumes NAME NAME
 *     end-volume
 *
 * A volume may name as subvolumes only what stands above it, and the last one is the top.
 */

/** An option as it stands in the text. */
export interface VolumeOption {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
  /** The words of the command line that set it, where it does not stand in the volfile. */
  readonly override?: string;
}

/** The name of another volume, and where it was named. */
export interface VolumeReference {
  readonly name: string;
  readonly place: Place;
}

export interface Volume {
  readonly name: string;
  readonly type: string;
  readonly options: readonly VolumeOption[];
  readonly subvolumes: readonly VolumeReference[];
  /** Of the name, for messages. */
  readonly place: Place;
  readonly typePlace: Place;
}

export const MAX_VOLFILE_CHARACTERS = 4 * 1024 * 1024;
export const MAX_VOLUMES = 10_000;
/** Of a name, a type, an option's key or its value. */
export const MAX_WORD_CHARACTERS = 64 * 1024;

const KEYWORDS = ['volume', 'type', 'option', 'subvolumes', 'end-volume'];

/** Reads a volfile, top volume last. Throws a VolfileError at the first thing that does not fit. */
export function parseVolfile(text: string): Volume[] {
  if (text.length > MAX_VOLFILE_CHARACTERS)
    throw new VolfileError({ line: 1, column: 1 }, `longer than ${MAX_VOLFILE_CHARACTERS}`);
  const words = new Words(volfileWords(text), endOf(text));
  const volumes: Volume[] = [];
  while (words.hasNext()) {
    words.keyword('volume');
    volumes.push(parseVolume(words));
    if (volumes.length > MAX_VOLUMES)
      throw new VolfileError(words.place(), `more than ${MAX_VOLUMES} volumes`);
  }
  if (volumes.length === 0) throw new VolfileError(words.place(), 'expected a volume, found none');
  return volumes;
}

function parseVolume(words: Words): Volume {
  const name = words.value('the name of the volume');
  let type: Word | undefined;
  const options: VolumeOption[] = [];
  const subvolumes: VolumeReference[] = [];
  const expected = `type, option, subvolumes or end-volume of volume ${name.text}`;
  for (;;) {
    const word = words.keyword('type', 'option', 'subvolumes', 'end-volume', expected);
    if (word.text === 'end-volume') break;
    if (word.text === 'option') options.push(parseOption(words, options));
    else if (word.text === 'subvolumes') subvolumes.push(...parseReferences(words, subvolumes));
    else if (type) throw new VolfileError(word.place, `a second type of volume ${name.text}`);
    else type = words.value(`the type of volume ${name.text}`);
  }
  if (!type) throw new VolfileError(name.place, `volume ${name.text} has no type`);
  const places = { place: name.place, typePlace: type.place };
  return { name: name.text, type: type.text, options, subvolumes, ...places };
}

function parseOption(words: Words, before: readonly VolumeOption[]): VolumeOption {
  const key = words.value('the key of an option');
  if (before.some((option) => option.key === key.text))
    throw new VolfileError(key.place, `option ${key.text} is given twice`);
  const value = words.value(`the value of option ${key.text}`, true);
  const after = words.peek();
  if (after && !isKeyword(after) && after.place.line === value.place.line)
    throw new VolfileError(after.place, 'expected one value; quote one that holds blanks');
  return { key: key.text, value: value.text, place: key.place };
}

function parseReferences(words: Words, before: readonly VolumeReference[]): VolumeReference[] {
  const found: VolumeReference[] = [];
  do {
    const { text, place } = words.value('the name of a subvolume');
    if ([...before, ...found].some((reference) => reference.name === text))
      throw new VolfileError(place, `subvolume ${text} is named twice`);
    found.push({ name: text, place });
  } while (words.hasValue());
  return found;
}

function isKeyword(word: Word): boolean {
  return !word.isQuoted && KEYWORDS.includes(word.text);
}

class Words {
  private at = 0;

  constructor(
    private readonly words: readonly Word[],
    private readonly end: Place,
  ) {}

  peek(): Word | undefined {
    return this.words[this.at];
  }

  hasNext(): boolean {
    return this.at < this.words.length;
  }

  hasValue(): boolean {
    const word = this.peek();
    return word !== undefined && !isKeyword(word);
  }

  place(): Place {
    return this.peek()?.place ?? this.end;
  }

  /** One of these keywords; a last one with blanks in it is the description for the message. */
  keyword(...allowed: readonly string[]): Word {
    const word = this.peek();
    if (!word || !isKeyword(word) || !allowed.includes(word.text))
      throw this.unexpected(allowed.at(-1) ?? '');
    this.at += 1;
    return word;
  }

  value(what: string, mayBeEmpty = false): Word {
    const word = this.peek();
    if (!word || isKeyword(word)) throw this.unexpected(what);
    if (word.text === '' && !mayBeEmpty) throw this.unexpected(what);
    if (word.text.length > MAX_WORD_CHARACTERS)
      throw new VolfileError(word.place, `${what} is longer than ${MAX_WORD_CHARACTERS}`);
    this.at += 1;
    return word;
  }

  private unexpected(expected: string): VolfileError {
    const word = this.peek();
    const found = word ? JSON.stringify(word.text.slice(0, 80)) : 'the end of the file';
    return new VolfileError(this.place(), `expected ${expected}, found ${found}`);
  }
}

/** What is printed of a volume: a parsed one, or one made by volgen. */
export interface PrintedVolume {
  readonly name: string;
  readonly type: string;
  readonly options: readonly { readonly key: string; readonly value: string }[];
  readonly subvolumes: readonly { readonly name: string }[];
}

/** The canonical text, as glusterd writes it: what parseVolfile reads, comments and blanks aside. */
export function printVolfile(volumes: readonly PrintedVolume[]): string {
  return volumes.map(printVolume).join('\n');
}

function printVolume(volume: PrintedVolume): string {
  const lines = [`volume ${printWord(volume.name)}`, `    type ${printWord(volume.type)}`];
  for (const { key, value } of volume.options)
    lines.push(`    option ${printWord(key)} ${printWord(value)}`);
  if (volume.subvolumes.length > 0)
    lines.push(`    subvolumes ${volume.subvolumes.map(({ name }) => printWord(name)).join(' ')}`);
  return `${[...lines, 'end-volume'].join('\n')}\n`;
}

function printWord(text: string): string {
  if (/\p{Cc}/u.test(text))
    throw new RangeError(`a volfile cannot hold control characters: ${JSON.stringify(text)}`);
  const isBare = /^[^\s"\\`#][^\s"\\`]*$/.test(text) && !KEYWORDS.includes(text);
  return isBare ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
