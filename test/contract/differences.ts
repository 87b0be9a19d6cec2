import { expect } from 'vitest';
import type { Names } from './names.ts';
import type { Reply } from './replay.ts';

/** Where the embedded server deliberately does otherwise than the recorded one. */
export interface Difference {
  readonly reason: string;
  /** What it answers instead. */
  expect(reply: Reply): void;
  /** Brings its library to the state the real server was in, so that what follows can be compared. */
  catchUp(names: Names): Promise<void>;
}

/** By the name of the exchange. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'upload: onto a folder name, replace=1': {
    reason: 'a file never takes the place of a folder: all below it would be lost',
    expect: (reply) => expect(reply.status).toBe(400),
    catchUp: async (names) => {
      await call(names, 'DELETE', 'dir/?p=/par');
      const form = new FormData();
      form.set('parent_dir', '/');
      form.set('file', new Blob(['x']), 'par');
      const response = await fetch(names.need('UPLOAD_ROOT'), { method: 'POST', body: form });
      expect(await response.text()).toBe('391f58e1d4132f78731caa6964204ca2011768e7');
    },
  },
  'batch move a folder into its child': {
    reason: 'a folder is never moved into itself: it would be lost',
    expect: (reply) => expect(reply.status).toBe(400),
    catchUp: (names) => call(names, 'DELETE', 'dir/?p=/doomed'),
  },
};

async function call(names: Names, method: string, path: string): Promise<void> {
  const response = await fetch(`${names.need('SEAHUB')}/api2/repos/${names.need('REPO')}/${path}`, {
    method,
    headers: { authorization: `Token ${names.need('TOKEN_SVC')}` },
  });
  expect(response.status).toBe(200);
}
