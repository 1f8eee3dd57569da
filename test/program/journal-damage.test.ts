import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import { DAMAGES, JournalDamage } from './journal-damage.js';
import { until } from './until.js';

/** The others run in journal-damage.soak.ts. */
const SOME = [
  'a flipped bit in the last entry',
  'a file that is missing',
  'a tail that a power cut has torn',
];

describe('the log of one of three servers, damaged', function () {
  this.timeout(90_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let one: JournalDamage;

  before(async () => {
    for (let count = 0; count < 5; count++)
      await cluster().node('n1').put(`k/${count}`, 'v'.repeat(500));
    one = new JournalDamage(cluster(), cluster().node('n3'));
  });

  for (const damage of DAMAGES.filter(({ what }) => SOME.includes(what)))
    it(damage.what, () => one.run(damage));
});

describe('the only log, damaged', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));
  const only = () => cluster().node('n1');
  const journal = () => join(only().stateDir, 'brick/journal');
  const aside = () => join(only().stateDir, 'journal.sound');

  before(async () => {
    for (let count = 0; count < 5; count++) await only().put(`k/${count}`, 'v'.repeat(500));
    await only().stop();
    execFileSync('cp', ['-a', journal(), aside()]);
  });

  async function says(see: string, summary: RegExp): Promise<void> {
    await until(`it says ${see}`, async () => {
      const said = await only().status();
      if (said.see === see && summary.test(said.summary)) return true;
      throw new Error(`${said.state} ${said.see}: ${said.summary}`);
    });
  }

  it('says what is wrong, writes nothing to it, and is well when the right one is back', async () => {
    const [flip] = DAMAGES;
    assert.ok(flip);
    const log = join(journal(), 'log.1');
    flip.spoil(log, log);
    const damaged = readFileSync(log);
    await only().start();
    await says('HFS-5006', /waiting for n1 \(.*journal: .*(changed|stood before|whole no more)/);
    assert.equal((await only().put('k/0', 'x', 1500)).status, 503);
    assert.deepEqual(readFileSync(log), damaged);
    await only().stop();
    rmSync(journal(), { recursive: true });
    execFileSync('cp', ['-a', aside(), journal()]);
    await only().start();
    await cluster().ready();
    assert.equal((await only().get('k/4')).body.toString(), 'v'.repeat(500));
  });

  it('is not taken for a new one where its directory is gone, or empty', async () => {
    await only().stop();
    renameSync(journal(), `${journal()}.away`);
    await only().start();
    await says('HFS-2001', /the brick does not start: .*journal: the directory does not exist/);
    assert.ok(!existsSync(journal()));
    mkdirSync(journal());
    await says('HFS-2001', /the brick does not start: .*journal: .*volume-id is absent/);
    assert.deepEqual(execFileSync('ls', ['-A', journal()]).toString(), '', 'nothing is written');
    rmSync(journal(), { recursive: true });
    renameSync(`${journal()}.away`, journal());
    await cluster().ready();
    assert.equal((await only().get('k/4')).body.toString(), 'v'.repeat(500));
  });
});
