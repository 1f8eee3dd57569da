import { permissionStories, play } from '../../../contract/permission-stories.js';
import { posixStack } from '../../../contract/stacks.js';
import { whyNoXattrs } from '../../../contract/temporary.js';

const above = ['features/access-control'];

for (const on of ['sim', 'machine'] as const)
  describe(`who may do what, on ${on === 'sim' ? 'a simulated disk' : 'this machine'}`, () => {
    before(function () {
      const isOwn = on === 'machine' && process.getuid?.() !== 0;
      const missing = isOwn ? 'owners need root' : whyNoXattrs();
      if (on === 'sim' || missing === undefined) return;
      process.stderr.write(`    skipped: ${missing}\n`);
      this.skip();
    });

    for (const story of permissionStories())
      it(story.title, async () => {
        const stack = await posixStack({ on, above });
        await play(stack.top, story, 'here');
        await stack.close();
      });
  });
