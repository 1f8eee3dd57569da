import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StockLog } from '../../../src/daemon/stock-log.js';
import { nodeDisk } from '../../../src/platform/node/disk.js';
import { TemporaryDirectory } from '../../contract/temporary.js';

const line = (level: string, what: string): string =>
  `[2026-11-20 19:13:27.123456 +0000] ${level} [MSGID: 113072] [posix.c:1:posix_x] ${what}\n`;

describe('the log of a glusterfsd', () => {
  let directory: TemporaryDirectory;
  let path = '';
  beforeEach(() => {
    directory = new TemporaryDirectory('stock-log');
    path = join(directory.path, 'brick.log');
  });
  afterEach(() => directory.remove());
  const opened = (): StockLog => new StockLog(nodeDisk(), path);

  it('says what is new and an error, without its marks', () => {
    writeFileSync(path, line('E', '0-old: not told again'));
    const log = opened();
    assert.deepEqual(log.news(), []);
    appendFileSync(path, line('I', '0-journal: well') + line('E', '0-journal: write failed'));
    appendFileSync(path, '[2026-11-20 19:13:28.0 +0000] C [fuse.c:1:x] 0-y: worse\n');
    assert.deepEqual(log.news(), ['0-journal: write failed', '0-y: worse']);
    assert.deepEqual(log.news(), []);
  });

  it('leaves out that glusterfsd does not know put, which our client has asked', () => {
    const log = opened();
    const what =
      '0-rpc-service: RPC Program procedure not available for procedure 55 in GlusterFS 4.x v1';
    writeFileSync(path, line('E', `${what} for 127.0.0.1:1`) + line('E', '0-x: another'));
    assert.deepEqual(log.news(), ['0-x: another']);
  });

  it('waits for the end of a line', () => {
    const log = opened();
    const whole = line('E', '0-journal: in two parts');
    writeFileSync(path, whole.slice(0, 60));
    assert.deepEqual(log.news(), []);
    appendFileSync(path, whole.slice(60));
    assert.deepEqual(log.news(), ['0-journal: in two parts']);
  });

  it('begins anew where the log was opened anew, and tells the last of many', () => {
    writeFileSync(path, line('I', 'x').repeat(10));
    const log = opened();
    writeFileSync(path, line('E', '0-new: first'));
    assert.deepEqual(log.news(), ['0-new: first']);
    appendFileSync(path, Array.from({ length: 30 }, (_, at) => line('E', `n${at}`)).join(''));
    assert.deepEqual(log.news().at(-1), 'n29');
    assert.equal(log.news().length, 0);
  });
});
