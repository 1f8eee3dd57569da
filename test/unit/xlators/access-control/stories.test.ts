import { dictOfBytes } from '../../../../src/fop/dict.js';
import { aclOfText } from '../../../contract/acl-text.js';
import { permissionStories, play } from '../../../contract/permission-stories.js';
import { posixStack } from '../../../contract/stacks.js';
import { whyNoXattrs } from '../../../contract/temporary.js';
import { refuses, TestVolume } from '../../../contract/volume.js';
import { missingForRoot, skipWithout } from '../../../needs.js';

const above = ['features/access-control'];

for (const on of ['sim', 'machine'] as const)
  describe(`who may do what, on ${on === 'sim' ? 'a simulated disk' : 'this machine'}`, () => {
    before(function () {
      if (on === 'machine') skipWithout(this, missingForRoot() ?? whyNoXattrs());
    });

    for (const story of permissionStories())
      it(story.title, async () => {
        const stack = await posixStack({ on, above });
        await play(stack.top, story, 'here');
        await stack.close();
      });
  });

describe('ACLs without root', () => {
  it('are refused: nothing would follow them, and all files have one owner', async () => {
    const stack = await posixStack({ on: 'sim', above, isPrivileged: false });
    const volume = new TestVolume(stack.top);
    const gfid = await volume.file('f');
    const acl = dictOfBytes([['system.posix_acl_access', aclOfText('u::rw-,g::r--,o::---')]]);
    await refuses('EOPNOTSUPP', volume.wind('setxattr', { gfid, flags: 0, dict: acl }));
    await stack.close();
  });
});
