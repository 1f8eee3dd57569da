import { ConfigError, codeNamed } from '../config/error.js';

/** Of a program that did not even begin, the line that says why. */
function oneLine(complaint: string | null): string | undefined {
  const lines = (complaint ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0];
}

/** A brick that does not come up, as an error for the one who asked for it. */
export function brickFailed(complaint: string | null): ConfigError {
  const found = /^(HFS-\d{4}) ([^\n]*)\nnext: ([^\n]*)/.exec(complaint ?? '');
  const why = found?.[2] ?? oneLine(complaint) ?? 'it did not answer in time';
  return new ConfigError(
    codeNamed(found?.[1]) ?? 'HFS-5004',
    'the brick does not start',
    why,
    found?.[3] ?? 'read the log of the brick',
  );
}
