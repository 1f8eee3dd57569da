import { CODES, ConfigError, type Problem } from '../config/error.js';
import { StartError } from '../graph/graph.js';
import { OverrideError } from '../graph/option-overrides.js';
import { VolfileError } from '../graph/volfile-error.js';
import { endpointText, NetworkError } from '../platform/network.js';
import { whyTaken } from '../platform/node/port-holder.js';
import { NotTheBrick } from '../xlators/storage/posix/layout.js';

/** What a person is told when a brick does not start. Anything unforeseen is a bug, and keeps its message. */
export function brickProblem(error: unknown, volfile: string): Problem {
  if (error instanceof ConfigError) return error.toJSON();
  if (error instanceof VolfileError)
    return problem('HFS-5005', `volfile ${volfile}`, error.message, 'correct the volfile there');
  if (error instanceof OverrideError)
    return problem('HFS-1001', '--xlator-option', error.message, `see the names in ${volfile}`);
  if (error instanceof StartError) return startProblem(error, volfile);
  if (error instanceof Error)
    return problem('HFS-9001', 'hfs_brickd failed', error.message, REPORT);
  return problem('HFS-9001', 'hfs_brickd failed', String(error), REPORT);
}

const REPORT = 'report it, with the log';

function startProblem(error: StartError, volfile: string): Problem {
  const { cause } = error;
  if (cause instanceof ConfigError) return cause.toJSON();
  if (cause instanceof NetworkError && cause.code === 'EADDRINUSE') return portTaken(cause);
  const { name, type } = error.translator;
  const what = `volume ${name} (${type}) of ${volfile} does not start`;
  if (cause instanceof NotTheBrick)
    return problem(
      'HFS-5012',
      what,
      whyOf(cause),
      `is its filesystem mounted? findmnt -T ${cause.path}`,
    );
  return problem('HFS-5004', what, whyOf(cause), nextAfter(cause));
}

function portTaken({ endpoint }: NetworkError): Problem {
  const address = endpointText(endpoint);
  const next = `see who listens with: ss -ltnp 'sport = :${endpoint.port}'`;
  return problem('HFS-5001', `${address} is taken`, whyTaken(endpoint.port), next);
}

function nextAfter(cause: unknown): string {
  if (cause instanceof NetworkError) return 'correct transport.socket.bind-address or the port';
  return 'correct the volfile, or the brick that it names';
}

/** An error with what lies beneath it, in one line. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const beneath = error.cause === undefined ? '' : `: ${whyOf(error.cause)}`;
  return `${error.message}${beneath}`.replaceAll('\n', ' ');
}

function problem(code: Problem['code'], what: string, why: string, next: string): Problem {
  return { code, what, why, next };
}

/** The block that is printed on standard error. */
export function problemBlock({ code, what, why, next }: Problem): string {
  return `${code} ${what}: ${why}\nnext: ${next}\n`;
}

export function exitStatus({ code }: Problem): number {
  return CODES[code].exit;
}
