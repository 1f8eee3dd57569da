import assert from 'node:assert/strict';
import { measure, median } from '../../bench/load.js';
import { type Row, ratio, tableText } from '../../bench/table.js';

const PUT: Row = {
  part: 'put',
  what: 'put, 1 client',
  unit: '/s',
  hekafs: 900,
  etcd: 600,
  detail: '',
};

describe('figures of the bench', () => {
  it('tell how much of the figure of etcd ours is', () => {
    assert.equal(ratio(PUT), 1.5);
    assert.match(tableText([PUT]), /^put, 1 client +900\/s +600\/s +1\.50$/m);
  });

  it('stand alone where there is no etcd', () => {
    const alone = { ...PUT, etcd: undefined };
    assert.equal(ratio(alone), undefined);
    assert.match(tableText([alone]), /^put, 1 client +900\/s +- +-$/m);
  });

  it('are medians, so that one bad round does not count', () =>
    assert.equal(median([5, 900, 4, 6, 5]), 5));

  it('count what failed apart', async () => {
    const rate = await measure(2, 20, async (client) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (client === 1) throw new Error('refused');
    });
    assert.ok(rate.failed > 0 && rate.perSecond > 0);
    assert.ok(rate.p50Ms <= rate.p99Ms);
  });
});
