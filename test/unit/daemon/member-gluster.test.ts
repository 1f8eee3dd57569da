import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { glusterPeers, runGluster } from '../../../src/daemon/member-gluster.js';
import { readXml } from '../../../src/daemon/xml.js';

/** One peer, as gluster 10 prints it. */
function peer(names: readonly string[], connected = 1, state = 'Peer in Cluster'): string {
  const all = names.map((name) => `<hostname>${name}</hostname>`).join('\n');
  return `<peer>
    <uuid>0b9c5a2e-5a6b-4b5e-9f0a-6f7b1f1a2c3d</uuid>
    <hostname>${names[0]}</hostname>
    <hostnames>${all}</hostnames>
    <connected>${connected}</connected>
    <state>3</state>
    <stateStr>${state}</stateStr>
  </peer>`;
}

function answer(inner: string, opRet = 0, opErrstr = ''): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput>
  <opRet>${opRet}</opRet>
  <opErrno>0</opErrno>
  <opErrstr>${opErrstr}</opErrstr>
  ${inner}
</cliOutput>
`;
}

const said = (stdout: string, exit: number | string = 0, stderr = '') => ({ stdout, stderr, exit });
const status = (...peers: readonly string[]) =>
  said(answer(`<peerStatus>${peers.join('')}</peerStatus>`));

const PEERS: Readonly<Record<string, readonly [ReturnType<typeof said>, readonly object[]]>> = {
  'host names without ports, this node not among them': [
    status(peer(['n2']), peer(['n3.example'])),
    [
      { names: ['n2'], state: 'connected' },
      { names: ['n3.example'], state: 'connected' },
    ],
  ],
  'a peer by all its names': [
    status(peer(['n2', '10.0.0.2', 'n2.example'])),
    [{ names: ['n2', '10.0.0.2', 'n2.example'], state: 'connected' }],
  ],
  'disconnected and rejected ones: hekafsd may answer there': [
    status(peer(['n2'], 0), peer(['n3'], 1, 'Peer Rejected')),
    [
      { names: ['n2'], state: 'disconnected' },
      { names: ['n3'], state: 'connected, Peer Rejected' },
    ],
  ],
  'no peers': [said(answer('<peerStatus/>')), []],
  'a name with an entity in it': [
    status(peer(['a&#x2d;b'])),
    [{ names: ['a-b'], state: 'connected' }],
  ],
  'this node, as a pool list has it, left away': [
    status(peer(['localhost']), peer(['n2'])),
    [
      { names: [], state: 'connected' },
      { names: ['n2'], state: 'connected' },
    ],
  ],
};

const COMPLAINTS: Readonly<Record<string, readonly [ReturnType<typeof said>, RegExp]>> = {
  'plain text and exit code 1, without a glusterd': [
    said('Connection failed. Please check if gluster daemon is operational.\n', 1),
    /exit code 1, Connection failed\. Please check if gluster daemon is operational\./,
  ],
  'an error in XML': [said(answer('', -1, 'Peer status unsuccessful')), /-1: Peer status unsucc/],
  'an exit code although the XML is well': [said(answer('<peerStatus/>'), 2), /exit code 2/],
  'nothing at all': [said(''), /exit code 0/],
  'a signal': [said('', 'SIGSEGV'), /ended by SIGSEGV/],
  'half an answer': [said('<?xml version="1.0"?><cliOutput><opRet>0</opRet>'), /broken XML/],
  'another document': [said('<html><body>no</body></html>'), /exit code 0/],
};

describe('gluster peer status --xml', () => {
  for (const [name, [given, peers]] of Object.entries(PEERS))
    it(`gives ${name}`, () => assert.deepEqual(glusterPeers(given), peers));

  for (const [name, [given, why]] of Object.entries(COMPLAINTS))
    it(`complains of ${name}`, () => assert.throws(() => glusterPeers(given), why));
});

describe('XML as programs print it', () => {
  it('is elements, text, CDATA, comments and declarations', () => {
    const root = readXml(
      '<?xml version="1.0"?><!-- a <b> --><a x="1">1<b/><![CDATA[<2>]]><b>&lt;3&gt;</b></a>\n',
    );
    assert.deepEqual([root.name, root.text], ['a', '1<2>']);
    assert.deepEqual(
      root.children.map(({ name, text }) => [name, text]),
      [
        ['b', ''],
        ['b', '<3>'],
      ],
    );
  });

  const broken = ['', 'text', '<a>', '</a>', '<a></b>', '<a><b></a></b>', '<a/><b/>', '<a', '<1/>'];
  for (const text of broken)
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => readXml(text), /broken XML/));

  it('of any depth ends', () => {
    assert.throws(() => readXml('<a>'.repeat(100_000)), /broken XML/);
  });
});

describe('a gluster on the path', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hekafs-gluster-'));
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function install(script: string): void {
    const program = join(directory, 'gluster');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    process.env['PATH'] = `${directory}:${path}`;
  }

  it('is asked for its peers', async () => {
    install(`[ "$*" = "--mode=script peer status --xml" ] || exit 9
cat <<'END'
${answer(`<peerStatus>${peer(['n2'])}</peerStatus>`)}
END`);
    assert.deepEqual(glusterPeers(await runGluster()), [{ names: ['n2'], state: 'connected' }]);
  });

  it('is not waited for longer than the deadline, nor what it has started', async () => {
    install('sleep 60 & sleep 60');
    await assert.rejects(runGluster(300), /did not end within 0.3 s/);
  });

  it('may be missing', async () => {
    process.env['PATH'] = join(directory, 'nowhere');
    await assert.rejects(runGluster(), /gluster is not installed/);
  });
});
