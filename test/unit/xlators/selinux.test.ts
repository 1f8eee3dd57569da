import assert from 'node:assert/strict';
import { dictBytes, dictOfBytes } from '../../../src/fop/dict.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { posixStack } from '../../contract/stacks.js';

const LABEL = Buffer.from('system_u:object_r:glusterd_brick_t:s0');

describe('features/selinux', () => {
  for (const { selinux, kept } of [
    { selinux: 'on', kept: 'trusted.glusterfs.selinux' },
    { selinux: 'off', kept: 'security.selinux' },
  ])
    it(`${selinux}: a client's label stands on the brick as ${kept}`, async () => {
      const stack = await posixStack({
        on: 'sim',
        above: ['features/selinux'],
        options: { selinux },
      });
      const dict = dictOfBytes([['security.selinux', LABEL]]);
      const at = { gfid: ROOT_GFID, xdata: null };
      await stack.top.wind('setxattr', { ...at, flags: 0, dict }, ROOT_FRAME);
      assert.deepEqual(stack.disk.getxattr(stack.path, kept), LABEL);
      const name = 'security.selinux';
      const reply = await stack.top.wind('getxattr', { ...at, name }, ROOT_FRAME);
      assert.deepEqual(dictBytes(reply.dict, name), LABEL);
      await stack.close();
    });
});
