import { badRequest } from './http-answer.js';

/** Takes the fields of a small JSON object one by one, each by its kind. */
export interface Fields {
  /** Absent is undefined. */
  text(name: string): string | undefined;
  /** Absent is false. */
  bool(name: string): boolean;
  /** Absent is undefined. */
  number(name: string, range: { readonly min: number; readonly max: number }): number | undefined;
  /** Throws HFS-1001 for a field that nobody took. */
  done(): void;
}

/** Reads a request's body; an empty one is an empty object. Every fault is HFS-1001. */
export function fieldsOf(body: Buffer): Fields {
  const left = parsed(body);
  const take = (name: string): unknown => {
    const value = left.get(name);
    left.delete(name);
    return value ?? undefined;
  };
  return {
    text: (name) => checked(name, take(name), 'a string', isText),
    bool: (name) => checked(name, take(name), 'true or false', isBool) ?? false,
    number: (name, { min, max }) =>
      checked(name, take(name), `a number from ${min} to ${max}`, (value) => isIn(value, min, max)),
    done: () => {
      const [name] = left.keys();
      if (name !== undefined)
        throw badRequest(`unknown field ${JSON.stringify(name)}`, 'this request does not have it');
    },
  };
}

function checked<T>(
  name: string,
  value: unknown,
  wanted: string,
  fits: (value: unknown) => value is T,
): T | undefined {
  if (value === undefined) return undefined;
  if (!fits(value)) throw badRequest(`field ${JSON.stringify(name)}`, `it must be ${wanted}`);
  return value;
}

function parsed(body: Buffer): Map<string, unknown> {
  if (body.length === 0) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest('the body is not JSON', String(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('the body is not a JSON object', 'fields are needed');
  return new Map(Object.entries(value));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 4096;
}

function isBool(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isIn(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}
