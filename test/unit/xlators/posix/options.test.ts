import assert from 'node:assert/strict';
import { posixStack } from '../../../contract/stacks.js';

/** The message of the error that a brick with this option is refused with. */
async function refusal(brick: Readonly<Record<string, string>>): Promise<string> {
  try {
    await (await posixStack({ on: 'sim', brick })).close();
    return 'it starts';
  } catch (error) {
    return String(error);
  }
}

describe('posix: options', () => {
  const REFUSED = {
    'create-mask': '644',
    'create-directory-mask': '0888',
    'force-create-mode': '01777',
    'force-directory-mode': 'rwx',
    'brick-uid': '-2',
    'max-hardlinks': '-1',
    gfid2path: 'off',
    ctime: 'off',
    'export-statfs-size': 'off',
    'o-direct': 'on',
    'background-unlink': 'on',
    'mandate-attribute': 'on',
  } as const;

  for (const [key, value] of Object.entries(REFUSED))
    it(`refuses ${key} ${value}, by name`, async () => {
      assert.match(await refusal({ [key]: value }), new RegExp(`option ${key}`));
    });

  it('takes those that stock volfiles carry and that change nothing here', async () => {
    const brick = {
      'batch-fsync-mode': 'reverse-fsync',
      'batch-fsync-delay-usec': '0',
      'linux-aio': 'on',
      'linux-io_uring': 'off',
      gfid2path: 'on',
      ctime: 'on',
    };
    assert.equal(await refusal(brick), 'it starts');
  });
});
