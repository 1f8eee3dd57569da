/** A value as it stands in JSON: text where it is text, base64 where it is not. */
export type JsonValue = { readonly value: string } | { readonly base64: string };

export function jsonValue(value: Buffer): JsonValue {
  const text = value.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(value);
  return isText ? { value: text } : { base64: value.toString('base64') };
}

/** The way back; undefined where it is neither. */
export function bytesOfJson(json: {
  readonly value?: unknown;
  readonly base64?: unknown;
}): Buffer | undefined {
  if (typeof json.value === 'string') return Buffer.from(json.value, 'utf8');
  return typeof json.base64 === 'string' ? Buffer.from(json.base64, 'base64') : undefined;
}
