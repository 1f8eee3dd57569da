import assert from 'node:assert/strict';
import { FOP_SCRIPT } from './fop-script.js';
import { FopTranscript } from './fop-transcript.js';
import { needInterop } from './stock-client.js';
import { startTwins, type TwinBricks } from './twin-bricks.js';

describe('every fop, asked of stock glusterfsd and of our brick', function () {
  this.timeout(60_000);
  let twins: TwinBricks | undefined;
  before(async function () {
    needInterop(this, 'glusterfsd');
    twins = await startTwins({});
  });
  after(() => twins?.close());

  for (const [name, chapter] of Object.entries(FOP_SCRIPT)) {
    it(name, async () => {
      assert.ok(twins);
      const [ours, stock] = [new FopTranscript(twins.ours), new FopTranscript(twins.stock)];
      await chapter(ours);
      await chapter(stock);
      if (process.env['SHOW']) {
        for (const [label, line] of stock.lines)
          if (ours.lines.get(label) !== line)
            console.log(`${label}\n   stock ${line}\n   ours  ${ours.lines.get(label)}`);
        for (const [label, line] of ours.lines) if (!stock.lines.has(label)) console.log('only ours', label, line);
        return;
      }
      assert.deepEqual(ours.lines, stock.lines);
    });
  }
});
