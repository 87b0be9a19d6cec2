import { afterEach, expect, test } from 'vitest';
import { openLibrary } from '../../../src/library/index.ts';
import { Site } from '../connect.ts';
import { batch, file, made, shape, text } from '../edits.ts';

let site: Site;
afterEach(() => site.stop());

test('garbage collected by the server while blocks were sent: they are sent again, and committed once', async () => {
  site = await Site.start({ version: 12 });
  const connection = await site.connect();
  const library = await openLibrary(connection, await site.newLibrary(connection));
  const commit = (name: string) => library.commit(batch({ [name]: made(file(text(name))) }));
  await commit('first');
  site.server.resetStats();
  site.server.addFault({ fault: { kind: 'collected' }, method: 'PUT', path: /commit\/HEAD/, times: 1 });
  await commit('second');
  await commit('third');
  expect(await shape(library, (await library.head()).rootId)).toEqual({
    first: 'first',
    second: 'second',
    third: 'third',
  });
  const { commits, routes } = site.server.stats();
  expect(commits).toBe(2);
  expect(routes['PUT /seafhttp/repo/:id/commit/HEAD']).toMatchObject({ requests: 3, errors: 1 });
});
