import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckResult, DoctorReport, Verdict } from '../../src/daemon/doctor/check.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { until } from './until.js';

/** What a busy or small machine may be warned of with good reason. */
const MACHINE = ['sync', 'space for state', 'space for brick', 'open files', 'system calls'];

interface Diagnosis extends DoctorReport {
  readonly verdict: Verdict;
  readonly code: number | null;
}

async function diagnosis(node: ClusterNode): Promise<Diagnosis> {
  const { code, stdout, stderr } = await node.cli(['doctor', '--json']);
  assert.ok(stdout !== '', stderr);
  return { ...(JSON.parse(stdout) as DoctorReport & { verdict: Verdict }), code };
}

function found({ checks }: DoctorReport, name: string): CheckResult {
  const check = checks.find((each) => each.name === name);
  assert.ok(check, `${name} is among ${checks.map((each) => each.name).join(', ')}`);
  return check;
}

function amiss({ checks }: DoctorReport): readonly string[] {
  const bad = checks.filter(({ verdict }) => verdict !== 'OK');
  return bad.filter(({ name }) => !MACHINE.includes(name)).map(({ name }) => name);
}

describe('hfs_config doctor', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  it('finds nothing amiss in a healthy cluster, from any of its servers', async () => {
    await cluster().sameValues();
    for (const node of cluster().nodes) {
      const report = await diagnosis(node);
      assert.deepEqual(amiss(report), [], JSON.stringify(report.checks));
      assert.equal(report.name, node.name);
      assert.equal(found(report, 'members').found.split(', ').length, 2);
      assert.match(found(report, 'log').found, /up to revision \d+, nothing is amiss/);
      assert.match(found(report, 'clocks').found, /within [\d.]+ ms/);
      assert.match(
        found(report, 'majority').found,
        /3 servers vote, 1 further failure is survived/,
      );
    }
  });

  it('shows a table that fits a terminal, without colours in a pipe', async () => {
    const { stdout } = await cluster().node('n1').cli(['doctor']);
    const lines = stdout.trimEnd().split('\n');
    assert.ok(
      lines.every((line) => line.length <= 80 || !line.includes(' ')),
      stdout,
    );
    assert.match(stdout, /^OK {4}hekafsd {10}it answers, version/);
    assert.ok(!stdout.includes('\x1b'));
    assert.match(lines.at(-1) ?? '', /^n1: \d+ OK/);
  });

  it('says who may read what they should not', async () => {
    const node = cluster().node('n1');
    const token = join(node.stateDir, 'token');
    chmodSync(token, 0o644);
    chmodSync(node.stateDir, 0o755);
    try {
      const report = await diagnosis(node);
      assert.deepEqual(amiss(report), ['state directory', 'token']);
      assert.equal(found(report, 'token').verdict, 'FAIL');
      assert.match(found(report, 'token').next, /^chmod 600 /);
      assert.equal(found(report, 'state directory').verdict, 'WARN');
      assert.deepEqual([report.verdict, report.code], ['FAIL', 1]);
    } finally {
      chmodSync(token, 0o600);
      chmodSync(node.stateDir, 0o700);
    }
  });

  it('is done in time while a member hangs, and names it', async () => {
    const node = cluster().node('n1');
    const hung = cluster().node('n3');
    process.kill(hung.daemonPid, 'SIGSTOP');
    try {
      const report = await diagnosis(node);
      assert.match(found(report, 'members').found, /^n3 does not answer: /);
      assert.equal(found(report, 'ports to here').verdict, 'SKIP');
      assert.equal(report.code, 1);
    } finally {
      process.kill(hung.daemonPid, 'SIGCONT');
    }
    await cluster().ready();
  });

  it('looks at what it can without a daemon, and says what it cannot', async () => {
    const node = cluster().node('n2');
    await node.stop();
    const report = await diagnosis(node);
    assert.deepEqual(amiss(report), ['hekafsd', 'cluster']);
    assert.equal(found(report, 'cluster').verdict, 'SKIP');
    assert.match(found(report, 'ports from here').found, /^to n1, n3: HTTP and brick/);
    assert.match(found(report, 'log').found, /nothing is amiss/);
    assert.equal(report.code, 1);
    const other = await diagnosis(cluster().node('n1'));
    assert.match(found(other, 'ports from here').found, /^n2 cannot be reached: HTTP .*, brick /);
    await until('the others know', async () =>
      found(await diagnosis(cluster().node('n1')), 'majority').found.includes('no further failure'),
    );
  });

  it('reads the log to its end: a changed byte is seen, a torn end is no fault', async () => {
    const node = cluster().node('n2');
    const path = join(node.stateDir, 'brick/journal/log.1');
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, Buffer.from('HKFS torn')]));
    assert.match(found(await diagnosis(node), 'log').found, /an append was torn in 1 place/);
    const flipped = Buffer.from(whole);
    const middle = whole.length >> 1;
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    writeFileSync(path, flipped);
    const check = found(await diagnosis(node), 'log');
    assert.equal(check.verdict, 'FAIL', check.found);
    assert.match(check.next, /HFS-5006/);
    writeFileSync(path, whole);
    await node.start();
    await cluster().ready();
  });
});
