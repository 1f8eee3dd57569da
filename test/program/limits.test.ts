import assert from 'node:assert/strict';
import { MAX_VALUE_BYTES } from '../../src/config/key.js';
import { problemOf } from './api.js';
import { Cluster, useCluster } from './cluster.js';
import { rawRequest } from './raw-request.js';

/** Keys as far as they go, each a value of its own. */
const LONGEST: Readonly<Record<string, string>> = {
  'a component of 255 bytes': `limits/${'c'.repeat(255)}`,
  'a component of 255 bytes that are not ASCII': `limits/${'é'.repeat(127)}x`,
  '1,024 bytes in all': `${`${'k'.repeat(254)}/`.repeat(4)}1234`,
  '512 components': `${'d/'.repeat(511)}dd`,
  'every byte that can stand in a name': `limits/ \t\n"'\\%?#&+*[]{}|<>~\x01\x7f…`,
  'three dots, and a dot in front': 'limits/.../.x',
};

/** Percent-encoded, and sent as it stands: clients tidy paths up. */
const REFUSED: readonly (readonly [string, string, number])[] = [
  ['a component of 256 bytes', 'c'.repeat(256), 414],
  ['256 bytes that are 128 characters', '%C3%A9'.repeat(128), 414],
  ['1,025 bytes', `${`${'k'.repeat(254)}/`.repeat(4)}12345`, 414],
  ['16 KiB', 'k'.repeat(16_384), 414],
  ['an empty component', 'a//b', 400],
  ['a dot', 'a/./b', 400],
  ['two dots', 'a/../b', 400],
  ['encoded dots', '%2e%2e/x', 400],
  ['NUL', 'a%00b', 400],
  ['bytes that are not UTF-8', 'a%ff', 400],
  ['half of a surrogate pair', 'a%ed%a0%80', 400],
  ['the markers', '.hekafs/servers/x', 400],
  ['the handles of the brick', '.glusterfs/x', 400],
  ['what begins as those do', '.glusterfs-anything', 400],
  ['the trash can', '.trashcan/x', 400],
  ['what belongs to hfs_volume', 'volumes/x', 400],
];

describe('limits of a real cluster', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  it('a value of 4 MiB is the same everywhere, byte for byte', async () => {
    const value = Buffer.alloc(MAX_VALUE_BYTES);
    for (let at = 0; at < value.length; at += 4)
      value.writeUInt32BE((at * 2_654_435_761) >>> 0, at);
    const node = cluster().node('n2');
    assert.equal((await node.put('limits/large', value)).status, 200);
    const got = await cluster().node('n3').get('limits/large');
    assert.ok(got.body.equals(value));
    assert.ok((await node.cliBytes(['get', 'limits/large'])).stdout.equals(value));
  });

  it('one byte more is refused, however it is sent, and nothing is written', async () => {
    const node = cluster().node('n1');
    const tooLarge = Buffer.alloc(MAX_VALUE_BYTES + 1, 'x');
    const told = await node.put('limits/more', tooLarge);
    assert.deepEqual([told.status, problemOf(told).code], [413, 'HFS-1003']);
    const headers = { 'Transfer-Encoding': 'chunked' };
    const chunks = chunked(tooLarge);
    const counted = await rawRequest(node, 'PUT', '/v1/config/limits/more', headers, chunks);
    assert.match(counted, /^HTTP\/1\.1 413 .*HFS-1003/s);
    const both = { 'Transfer-Encoding': 'chunked', 'Content-Length': '3' };
    const three = chunked(Buffer.from('abc'));
    const lying = await rawRequest(node, 'PUT', '/v1/config/limits/more', both, three);
    assert.match(lying, /^HTTP\/1\.1 400 /);
    const { code, stderr } = await node.cli(['set', 'limits/more', '-'], tooLarge);
    assert.equal(code, 1);
    assert.match(stderr, /^HFS-1003 /);
    assert.equal((await node.get('limits/more')).status, 404);
  });

  it('a length that promises too little ends the value there, and what follows is no request', async () => {
    const node = cluster().node('n1');
    const headers = { 'Content-Length': '5', Connection: 'keep-alive' };
    const answer = await rawRequest(
      node,
      'PUT',
      '/v1/config/limits/short',
      headers,
      'value and more',
    );
    assert.match(answer, /^HTTP\/1\.1 200 .*HTTP\/1\.1 400 /s);
    assert.equal((await node.get('limits/short')).body.toString(), 'value');
  });

  for (const [what, key] of Object.entries(LONGEST))
    it(`a key can have ${what}`, async () => {
      const path = key.split('/').map(encodeURIComponent).join('/');
      assert.equal((await cluster().node('n1').put(path, what)).status, 200);
      assert.equal((await cluster().node('n2').get(path)).body.toString(), what);
      const { code, stdout, stderr } = await cluster().node('n3').cli(['get', key]);
      assert.deepEqual([code, stdout, stderr], [0, what, '']);
    });

  it('no key can have what would leave the filesystem, or hide in it', async () => {
    const node = cluster().node('n1');
    const { revision } = await node.status();
    for (const [what, path, status] of REFUSED) {
      const said = await rawRequest(
        node,
        'PUT',
        `/v1/config/${path}`,
        { 'Content-Length': '1' },
        'v',
      );
      assert.match(said, new RegExp(`^HTTP/1\\.1 ${status} .*HFS-1002`, 's'), what);
    }
    assert.equal((await node.status()).revision, revision);
  });

  it('what lies below private/ is for root', async () => {
    const node = cluster().node('n1');
    assert.equal((await node.put('private/secret', 's')).status, 200);
    const anybody = await rawRequest(node, 'GET', '/v1/config/private/secret', {
      Authorization: '',
    });
    assert.match(anybody, /^HTTP\/1\.1 401 .*HFS-4001/s);
    const listing = await rawRequest(node, 'GET', '/v1/config?recursive=1&values=1', {
      Authorization: '',
    });
    assert.match(listing, /^HTTP\/1\.1 (200|413) /);
    assert.ok(!listing.includes('secret'));
  });

  it('all of it is on every brick, byte for byte', async () => {
    const keys = await cluster().sameValues(cluster().nodes, 60_000);
    for (const key of Object.values(LONGEST)) assert.ok(keys.includes(key), key.slice(0, 40));
    assert.ok(keys.includes('limits/large'));
    assert.ok(!keys.includes('limits/more'));
  });
});

function chunked(body: Buffer): Buffer {
  const head = Buffer.from(`${body.length.toString(16)}\r\n`);
  return Buffer.concat([head, body, Buffer.from('\r\n0\r\n\r\n')]);
}
