const COLOURS: Readonly<Record<string, string>> = {
  warn: '\x1b[33m',
  error: '\x1b[31m',
  debug: '\x1b[2m',
};
const RESET = '\x1b[0m';

/** A JSON line of the log as people read it: time, level, message, then what stands beside it. */
export function terminalLine(line: string): string {
  const { time, level, msg, pid: _, node, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const name = String(level);
  const colour = COLOURS[name] ?? '';
  const clock = String(time).slice(11, 23);
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${fieldText(value)}`);
  const words = `${clock} ${String(node)} ${name.padEnd(5)} ${String(msg).replaceAll(/\p{Cc}/gu, ' ')}`;
  return `${colour}${words}${colour && RESET}${fields.join('')}\n`;
}

/** Control characters never reach the terminal. */
function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}
