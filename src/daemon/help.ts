import { type HelpPage, helpLines } from '../terminal/help-page.js';
import { VERSION } from '../version.js';
import { DAEMON_OPTIONS, environmentName } from './option-table.js';

/** What `hekafsd --help` or `--version` prints; undefined where neither is asked for. */
export function daemonHelp(argv: readonly string[]): string | undefined {
  if (argv.includes('--help') || argv.includes('-h')) return `${helpLines(page()).join('\n')}\n`;
  return argv.includes('--version') ? `hekafsd ${VERSION}\n` : undefined;
}

function page(): HelpPage {
  return {
    usage: 'hekafsd [OPTION…]',
    doc:
      'The daemon of HekaFS, one per node, in the foreground. A new one belongs to no cluster until ' +
      'hfs_config tells it to serve or to join. SIGTERM stops it with its brick, SIGHUP reads hekafsd.json and opens the log anew.',
    sections: [
      {
        title: 'options, also in the environment and in <state-dir>/hekafsd.json',
        rows: DAEMON_OPTIONS.map((option) => [
          `--${option.name} ${option.value}`,
          `${option.doc} [${environmentName(option.name)}; default ${option.default}]`,
        ]),
      },
      {
        title: 'to try it out',
        rows: [
          [
            '--demo',
            'run a cluster of nodes on this machine; of the options above it takes --state-dir',
          ],
          ['--nodes N', 'how many (default 3)'],
        ],
      },
      {
        title: 'other',
        rows: [
          ['-h, --help', 'this text'],
          ['--version', 'the version'],
        ],
      },
    ],
    examples: [
      { line: 'hekafsd', doc: 'a node alone with itself, on 127.0.0.1' },
      { line: 'hekafsd --http 10.0.0.1:24006', doc: 'a node that others reach' },
      {
        line: 'hekafsd --state-dir /srv/b --http 10.0.0.1:24016 --mgmt-port 24017',
        doc: 'a second one on the same machine',
      },
      { line: 'hekafsd --demo --nodes 1', doc: 'a cluster to try' },
    ],
    end: 'Then: hfs_config help, and hfs_config status.',
  };
}
