import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changeShare,
  listShares,
  receivedShares,
  removeShare,
  type SharePermission,
  shareFolder,
  type WebClient,
} from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { type Exchange, REPO, ReplayServer, recorded } from '../replay.ts';

const sharing = recorded('09-sharing');
let replay: ReplayServer;
let web: WebClient;

beforeEach(async () => {
  replay = await new ReplayServer().start();
  web = await replay.signIn();
});

afterEach(async () => {
  await web.server.close();
  expect(await replay.stop()).toEqual([]);
});

/** An exchange like a recorded one, with another answer. */
const answered = (exchange: Exchange, response: Partial<Exchange['response']>): Exchange => {
  const { json: _json, text: _text, ...rest } = exchange.response;
  return { ...exchange, response: { ...rest, ...response } };
};

describe('sharing', () => {
  const alice = { kind: 'user', user: 'alice@example.com' } as const;

  it('a folder with a user', async () => {
    replay.expect(sharing('share a folder, read only'));
    await shareFolder(web, REPO, '/y', alice, 'r');
  });

  it('reads what the server says in a success', async () => {
    replay.expect(sharing('share it again'), sharing('share with an unknown user'));
    const again = await failure(shareFolder(web, REPO, '/y', alice, 'r'));
    expect(again.kind).toBe('rejected');
    expect(again.message).toContain('This item has been shared to alice');
    const ghost = await failure(shareFolder(web, REPO, '/y', { kind: 'user', user: 'ghost@example.com' }, 'r'));
    expect(ghost.message).toContain('User ghost@example.com not found');
  });

  it('does not take an empty answer for a success', async () => {
    replay.expect(answered(sharing('share it again'), { json: { failed: [], success: [] } }));
    expect(await kindOf(shareFolder(web, REPO, '/y', alice, 'r'))).toBe('corrupt-answer');
  });

  it('a missing folder is an error', async () => {
    replay.expect(sharing('share a missing folder'));
    expect(await kindOf(shareFolder(web, REPO, '/missing', alice, 'r'))).toBe('not-found');
  });

  it.each(['', undefined as unknown as string, 'y', '/y/..'])(
    'with the path %j is refused before anything is sent: the server would share the whole library',
    async (path) => {
      expect(await kindOf(shareFolder(web, REPO, path, alice, 'r'))).toBe('rejected');
      expect(await kindOf(changeShare(web, REPO, path, alice, 'r'))).toBe('rejected');
      expect(await kindOf(removeShare(web, REPO, path, alice))).toBe('rejected');
      expect(await kindOf(listShares(web, REPO, path))).toBe('rejected');
    },
  );

  it('with nobody or another permission than r and rw is refused before anything is sent', async () => {
    expect(await kindOf(shareFolder(web, REPO, '/y', { kind: 'user', user: '' }, 'r'))).toBe('rejected');
    expect(await kindOf(shareFolder(web, REPO, '/y', alice, 'w' as SharePermission))).toBe('rejected');
    expect(await kindOf(changeShare(web, REPO, '/y', alice, 'admin' as SharePermission))).toBe('rejected');
  });

  it('is listed, changed and taken back', async () => {
    replay.expect(
      { exchange: sharing('list the shares of a folder'), query: { p: '/y' } },
      sharing('change the permission'),
      sharing('remove the share'),
    );
    expect(await listShares(web, REPO, '/y')).toEqual([
      { target: { kind: 'user', user: 'alice@example.com' }, name: 'alice', permission: 'r' },
    ]);
    await changeShare(web, REPO, '/y', alice, 'rw');
    await removeShare(web, REPO, '/y', alice);
  });

  it('shows the receiver where a folder comes from', async () => {
    replay.expect(sharing('receiver: beshared-repos'));
    const received = await receivedShares(web);
    expect(received.map(({ name, permission, owner, origin }) => ({ name, permission, owner, origin }))).toEqual([
      { name: expect.stringContaining('contract'), permission: 'r', owner: 'svc@example.com', origin: null },
      { name: 'y', permission: 'r', owner: 'svc@example.com', origin: { library: REPO, path: '/y' } },
    ]);
  });
});
