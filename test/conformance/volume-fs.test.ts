import { afterAll, beforeAll, describe } from 'vitest';
import { type OpenSpace, openSpace } from './open-space.ts';
import { describeConformance } from './suite.ts';

for (const durability of ['staged', 'committed'] as const) {
  describe(`the fs-like module, durability ${durability}`, () => {
    let space: OpenSpace;

    beforeAll(async () => {
      space = await openSpace({ durability });
      await space.volume.fs.promises.mkdir('/root');
    });

    afterAll(() => space.close());

    describeConformance(() => ({ fs: space.volume.fs, root: '/root' }));
  });
}
