import assert from 'node:assert/strict';
import { run } from './campaign.js';
import { Target } from './target.js';

/** A sample; `npm run fuzz` sends a million. */
const RECORDS = 4000;

describe('a brick that strangers shoot at', function () {
  this.timeout(120_000);
  let target: Target | undefined;
  before(async () => {
    target = await Target.start();
  });
  after(() => target?.remove());

  it(`${RECORDS} damaged records: it lives, others are served, and no bug is logged`, async () => {
    assert.ok(target);
    const campaign = { records: RECORDS, seed: 'sample', captured: [], progress: () => undefined };
    const { answers, closed } = await run(target, campaign);
    assert.ok(answers > RECORDS / 2, `${answers} answers: most have to get as far as that`);
    assert.ok(closed > 0, 'records that cannot be understood end their connection');
    assert.equal(target.errors, 0, target.lastWords());
    assert.equal(await target.stop(), 0);
  });
});
