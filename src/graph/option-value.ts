import type { OptionSpec } from './spec.js';

/** An option's value, read by its kind. Lists, paths, uuids and strings stay text. */
export type OptionValue = string | number | boolean;

const TRUE = ['on', 'yes', 'true', 'enable', '1'];
const FALSE = ['off', 'no', 'false', 'disable', '0'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const SIZE = /^(\d{1,18})(?:\.(\d{1,6}))?\s*(KB?|MB?|GB?|TB?|PB?|B)?$/i;
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
};

const TIME = /^(\d{1,12})\s*(s|sec|m|min|h|hr|d|days|w|wk)?$/;
const TIME_UNITS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** What the text of an option means, or a sentence about what is wrong with it. */
export function readOption(
  spec: OptionSpec,
  text: string,
): { readonly value: OptionValue } | { readonly fault: string } {
  const value = readKind(spec, text);
  if (value === undefined)
    return { fault: `${JSON.stringify(text)} is not ${KIND_WORDS[spec.kind]}` };
  const fault = servedFault(spec, text, value) ?? rangeFault(spec, value);
  return fault === undefined ? { value } : { fault };
}

const KIND_WORDS = {
  string: 'a string',
  int: 'an integer',
  bool: 'on or off',
  size: 'a size such as 128KB',
  time: 'a time such as 30 or 5m',
  uuid: 'a uuid',
  path: 'an absolute path',
  list: 'a list',
} as const satisfies Record<OptionSpec['kind'], string>;

function readKind(spec: OptionSpec, text: string): OptionValue | undefined {
  switch (spec.kind) {
    case 'int':
      return readInt(text);
    case 'bool':
      return readBool(text);
    case 'size':
      return readSize(text);
    case 'time':
      return readTime(text);
    case 'uuid':
      return UUID.test(text) ? text.toLowerCase() : undefined;
    case 'path':
      return text.startsWith('/') ? text : undefined;
    case 'string':
    case 'list':
      return text;
  }
}

function readInt(text: string): number | undefined {
  if (!/^[+-]?(\d{1,16}|0x[0-9a-f]{1,13})$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readBool(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : undefined;
}

function readSize(text: string): number | undefined {
  const found = SIZE.exec(text);
  if (!found) return undefined;
  const unit = SIZE_UNITS[(found[3] ?? 'B').charAt(0).toUpperCase()] ?? 1;
  const value = Math.floor(Number(`${found[1]}.${found[2] ?? 0}`) * unit);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readTime(text: string): number | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const unit = TIME_UNITS[(found[2] ?? 's').charAt(0)] ?? 1;
  return Number(found[1]) * unit;
}

function servedFault(spec: OptionSpec, text: string, value: OptionValue): string | undefined {
  if (!spec.only) return undefined;
  const served = spec.only.some((one) => one === text || readKind(spec, one) === value);
  return served
    ? undefined
    : `${JSON.stringify(text)} is not served here, only ${spec.only.join(', ')}`;
}

function rangeFault(spec: OptionSpec, value: OptionValue): string | undefined {
  if (typeof value !== 'number') return undefined;
  if (spec.min !== undefined && value < spec.min) return `${value} is less than ${spec.min}`;
  if (spec.max !== undefined && value > spec.max) return `${value} is more than ${spec.max}`;
  return undefined;
}
