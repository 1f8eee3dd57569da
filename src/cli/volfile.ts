import { type ConfigError, isCode } from '../config/error.js';
import { volfilePath } from '../daemon/state-dir.js';
import { readFileIfThere } from '../platform/node/program-files.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';

export const volfileCommand: CliCommand = {
  words: 'volfile',
  group: 'other',
  doc: 'print a client volfile that mounts the config filesystem read-only: glusterfs -f FILE DIR',
  examples: ['volfile > config.vol'],
  positionals: [],
  options: [],
  async run(_args: Arguments, context: Context): Promise<number> {
    const volfile = await volfileText(context);
    context.output.data(context.isJson ? `${JSON.stringify({ volfile })}\n` : volfile);
    return 0;
  },
};

async function volfileText(context: Context): Promise<string> {
  try {
    const answer = await context.client.ask({ method: 'GET', path: '/v1/volfile' });
    return answer.body.toString('utf8');
  } catch (error) {
    if (!context.isLocal || !isCode(error, 'HFS-2003')) throw error;
    return keptVolfile(context, error);
  }
}

/** Without a daemon, the volfile that it kept at the last change of members. */
function keptVolfile(context: Context, noDaemon: ConfigError): string {
  const path = volfilePath(context.stateDir);
  const kept = readFileIfThere(path);
  if (kept === undefined) throw noDaemon;
  context.output.note(`${noDaemon.what}: this is the volfile of its last change of members`);
  return kept.toString('utf8');
}
