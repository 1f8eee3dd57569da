import assert from 'node:assert/strict';
import { statusLines } from '../../../src/cli/status.js';
import { FakeVerbs } from '../daemon/fake-verbs.js';

const OUTPUT = {
  data: () => undefined,
  note: () => undefined,
  progress: () => undefined,
  isColour: false,
  isTerminal: false,
};

describe('lines of status', () => {
  const verbs = new FakeVerbs();
  verbs.state = 'degraded';
  verbs.servers_.push('alder', 'birch');
  const status = {
    ...verbs.status(),
    summary: 'word '.repeat(30).trim(),
    see: 'HFS-2001',
    notes: ['a note'],
    servers: verbs.status().servers.map((server) => ({ ...server, brick: 'x'.repeat(100) })),
  };

  it('fit a narrow terminal: prose is broken, the table is cut', () => {
    const lines = statusLines(status, OUTPUT, 60);
    assert.deepEqual(
      lines.filter((line) => line.length > 60),
      [],
    );
    const last = lines.at(-1) ?? '';
    assert.ok(last.startsWith('   birch') && last.endsWith('…'), last);
    assert.ok(lines.includes('        word word word word word word word word word word'));
  });

  it('stay whole where a program reads them', () => {
    const lines = statusLines(status, OUTPUT, Number.POSITIVE_INFINITY);
    assert.ok(lines.includes(`status: ${status.summary}`));
    assert.ok(lines.at(-1)?.endsWith('x'.repeat(100)));
    assert.ok(lines.includes('   see: hfs_config explain HFS-2001'));
    assert.ok(lines.includes('  note: a note'));
  });
});
