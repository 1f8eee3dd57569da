import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Conformance, ConformanceProxy } from './conformance-proxy.js';
import type { Engine } from './served-brick.js';
import { needInterop, stockMount } from './stock-client.js';
import { StockVolume } from './stock-volume.js';
import { type Cluster, mountVolfile } from './volume-volfiles.js';

/** What a client does in a day, in a second. */
const SESSION = `
mkdir -p d/e && echo one > d/f && cat d/f && cp d/f d/g && ln d/f d/h && ln -s f d/s && readlink d/s && mv d/g d/e/g
dd if=/dev/urandom of=d/big bs=128k count=4 conv=fsync && truncate -s 1000 d/big && ls -la d && chmod 600 d/f && chown 1:2 d/f
touch -d 2001-01-01 d/f && setfattr -n user.colour -v blue d/f && getfattr -d d/f && setfattr -x user.colour d/f
mkfifo d/p && df . && stat d/f && fallocate -l 100000 d/big && fallocate -p -o 4096 -l 4096 d/big && flock d/f true
find . && ! cat d/nothing && ! rmdir d && ! mkdir d && cat d/big > /dev/null && rm -r d/e d/h && rmdir d 2> /dev/null || rm -r d
`;

const CLUSTERS = [
  ['none', 1],
  ['replicate', 3],
  ['disperse', 3],
] as const;

for (const [cluster, count] of CLUSTERS)
  describe(`every message between stock clients and bricks: ${cluster}`, function () {
    this.timeout(120_000);
    let stock: Conformance;
    let ours: Conformance;

    before(async function () {
      needInterop(this, 'glusterfsd', 'fallocate', 'flock');
      const others = Array.from({ length: count - 1 }, () => 'stock' as const);
      stock = await lastOf(cluster, [...others, 'stock']);
      ours = await lastOf(cluster, [...others, 'ours']);
    });

    it('is understood: decoded and encoded again it is the same', () => {
      assert.deepEqual(Object.fromEntries(stock.mismatches), {});
      assert.deepEqual(Object.fromEntries(ours.mismatches), {});
      assert.ok(stock.messages > 300, `${stock.messages} messages`);
      assert.ok(stock.fops.size >= 20, [...stock.fops.keys()].join(' '));
    });

    it('has from our brick what a stock brick answers in xdata, with its types', () => {
      const missing = [...stock.answers].filter((answer) => !ours.answers.has(answer));
      assert.deepEqual(
        missing.filter((answer) => !wasAskedOfStockOnly(answer, stock, ours)),
        [],
      );
    });
  });

/** Which brick of several is read from is the client's choice. */
function wasAskedOfStockOnly(answer: string, stock: Conformance, ours: Conformance): boolean {
  const [fop = '', key = ''] = answer.split(' ');
  const asked = `${fop} ${key}`;
  const fops: ReadonlySet<string> = new Set(ours.fops.keys());
  return !fops.has(fop) || (stock.asked.has(asked) && !ours.asked.has(asked));
}

/** What passed to and from the last brick in a session of a stock client. */
async function lastOf(cluster: Cluster, engines: readonly Engine[]): Promise<Conformance> {
  const volume = await StockVolume.start(cluster, ...engines);
  const proxies: ConformanceProxy[] = [];
  try {
    for (const { port } of volume.plan.bricks) proxies.push(await ConformanceProxy.to(port));
    const bricks = volume.plan.bricks.map((brick, at) => ({
      ...brick,
      port: proxies[at]?.port ?? 0,
    }));
    const volfile = mountVolfile({ ...volume.plan, bricks }, cluster);
    const mount = await stockMount(volume.directory, 'proxied', volfile);
    await promisify(execFile)('sh', ['-ec', SESSION], { cwd: mount.path });
    await mount.unmount();
  } finally {
    for (const proxy of proxies) proxy.close();
    await volume.stop();
  }
  const last = proxies.at(-1);
  assert.ok(last);
  return last.seen;
}
