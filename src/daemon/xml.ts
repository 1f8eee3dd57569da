/** An element of a document, its attributes left away. `text` is what stands in it outside of other elements. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<(\/?)([A-Za-z_][\w.:-]*)[^<>]*?(\/?)>|([^<]+)/y;
const MAX_DEPTH = 64;
const NAMED: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

/**
 * Reads a small XML document as programs print it: elements, text, CDATA, comments; no entities of its own. Throws an Error that
 * says where it is broken. Answers the root.
 */
export function readXml(document: string): XmlElement {
  const top: Open = { name: '', children: [], text: '' };
  const open: Open[] = [top];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const match = token.exec(document);
    if (match === null) throw broken(at);
    const [, cdata, close, name, isEmpty, text] = match;
    const inner = open.at(-1) ?? top;
    if (text !== undefined) inner.text += plain(text);
    else if (cdata !== undefined) inner.text += cdata;
    else if (name !== undefined) element(open, name, close === '/', isEmpty === '/', at);
  }
  const [root, ...others] = top.children;
  if (open.length !== 1 || root === undefined || others.length > 0) throw broken(document.length);
  return root;
}

function element(open: Open[], name: string, isEnd: boolean, isEmpty: boolean, at: number): void {
  const inner = open.at(-1);
  if (inner === undefined) throw broken(at);
  if (isEnd) {
    if (inner.name !== name || open.length === 1) throw broken(at);
    open.pop();
    return;
  }
  const made: Open = { name, children: [], text: '' };
  inner.children.push(made);
  if (isEmpty) return;
  if (open.length > MAX_DEPTH) throw broken(at);
  open.push(made);
}

function plain(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function broken(at: number): Error {
  return new Error(`broken XML at character ${at}`);
}
