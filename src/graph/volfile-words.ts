import { type Place, VolfileError } from './volfile-error.js';

/**
 * One word of a volfile. A quoted word is never a keyword, and may be empty or hold spaces;
 * inside quotes a backslash takes the next character as it is.
 */
export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly place: Place;
}

const BLANK = /[ \t\r\n]/;
/** A bare word ends where one of these stands. */
const WORD_END = /[ \t\r\n"\\`]/;
const CONTROL = /\p{Cc}/u;

/** Takes a text apart into words. Blanks separate; `#` at the start of a word opens a comment to the line's end. */
export function volfileWords(text: string): Word[] {
  const reader = new WordReader(text);
  const words: Word[] = [];
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word);
  return words;
}

/** The place just behind the last character. */
export function endOf(text: string): Place {
  const lines = text.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

class WordReader {
  private at = 0;
  private line = 1;
  private lineStart = 0;

  constructor(private readonly text: string) {}

  next(): Word | undefined {
    this.skipBlanks();
    if (this.at >= this.text.length) return undefined;
    const place = this.place();
    const isQuoted = this.text[this.at] === '"';
    const text = isQuoted ? this.quoted() : this.bare();
    if (CONTROL.test(text)) throw new VolfileError(place, 'a control character in a word');
    return { text, isQuoted, place };
  }

  private place(): Place {
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  private skipBlanks(): void {
    while (this.at < this.text.length) {
      const character = this.text[this.at] ?? '';
      if (character === '#') this.skipComment();
      else if (BLANK.test(character)) this.step(character);
      else return;
    }
  }

  private step(character: string): void {
    this.at += 1;
    if (character !== '\n') return;
    this.line += 1;
    this.lineStart = this.at;
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  private bare(): string {
    const start = this.at;
    while (this.at < this.text.length && !WORD_END.test(this.text[this.at] ?? '')) this.at += 1;
    const stop = this.text[this.at];
    if (stop !== undefined && !BLANK.test(stop)) throw this.misplaced(stop);
    return this.text.slice(start, this.at);
  }

  private misplaced(character: string): VolfileError {
    const why =
      character === '`'
        ? 'a command in backquotes is not run here; write its output'
        : `a ${character} inside a word; write the whole word in double quotes`;
    return new VolfileError(this.place(), why);
  }

  private quoted(): string {
    const open = this.place();
    let found = '';
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at] ?? '';
      if (character === '"') return this.closed(found);
      if (character === '\n') break;
      if (character === '\\') this.at += 1;
      found += character === '\\' ? (this.text[this.at] ?? '') : character;
    }
    throw new VolfileError(open, 'a quote that is not closed on its line');
  }

  private closed(found: string): string {
    this.at += 1;
    const next = this.text[this.at];
    if (next === undefined || BLANK.test(next)) return found;
    throw new VolfileError(this.place(), 'expected a blank after the closing quote');
  }
}
