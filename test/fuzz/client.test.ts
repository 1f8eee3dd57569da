import assert from 'node:assert/strict';
import { runClient } from './client-campaign.js';

/** A sample; `npm run fuzz -- --side client` sends a million. */
const RECORDS = 4000;

describe('a client whose server cannot be trusted', function () {
  this.timeout(120_000);
  it(`${RECORDS} damaged records: every fop ends, and it connects again each time`, async () => {
    const { connections, fops, replies } = await runClient(RECORDS, 'sample');
    assert.ok(connections > 50, `${connections}: what cannot be understood ends a connection`);
    assert.ok(replies > fops / 10, `${replies} of ${fops} replies were good enough to be believed`);
  });
});
