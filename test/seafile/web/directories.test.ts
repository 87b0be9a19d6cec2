import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryId, EMPTY_DIRECTORY } from '../../../src/seafile/objects/index.ts';
import { deleteFolder, folderId, listFolder, makeFolder, type WebClient } from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { type Exchange, hex, REPO, ReplayServer, recorded, UNKNOWN_REPO } from '../replay.ts';

const directories = recorded('03-directories');
const upload = recorded('04-upload');
const changes = recorded('06-rename-move-copy-delete');
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

describe('folders', () => {
  it('are listed with their id', async () => {
    replay.expect(directories('list an empty root'), directories('list after mkdir of an existing folder'));
    expect(await listFolder(web, REPO, '/')).toEqual({ kind: 'listing', id: EMPTY_DIRECTORY, entries: [] });
    const listing = await listFolder(web, REPO, '/');
    if (listing.kind !== 'listing') throw new Error('no listing');
    expect(listing.entries.map(({ kind, name }) => [kind, name])).toEqual([
      ['directory', 'x'],
      ['directory', 'x (1)'],
    ]);
  });

  it('hold files with size and modifier', async () => {
    replay.expect(upload('list after uploads'));
    const listing = await listFolder(web, REPO, '/x');
    if (listing.kind !== 'listing') throw new Error('no listing');
    expect(listing.entries.find(({ name }) => name === 'f.txt')).toMatchObject({
      kind: 'file',
      size: 8,
      modifier: 'svc@example.com',
    });
  });

  it('that did not change are not sent again', async () => {
    replay.expect(directories('list with the current oid'));
    const known = directoryId(replay.value('ROOT_OID'));
    expect(await listFolder(web, REPO, '/', { known })).toEqual({ kind: 'unchanged', id: known });
  });

  it('with strange names are listed as they are', async () => {
    replay.expect(directories('list the names stored'));
    const listing = await listFolder(web, REPO, '/x');
    if (listing.kind !== 'listing') throw new Error('no listing');
    const names = listing.entries.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['..', '.', 'new\nline', 'a"b', 'ünï 中 😀']));
  });

  it('that are not there or not open are told apart', async () => {
    replay.expect(
      directories('list: missing folder'),
      directories('list: folder of an unknown library'),
      directories('list: without permission'),
    );
    expect(await kindOf(listFolder(web, REPO, '/missing'))).toBe('not-found');
    expect(await kindOf(listFolder(web, UNKNOWN_REPO, '/'))).toBe('not-found');
    expect(await kindOf(listFolder(web, REPO, '/'))).toBe('forbidden');
  });

  const metadata = (path: string, response: Partial<Exchange['response']>): Exchange => ({
    name: `metadata of ${path}`,
    request: {
      method: 'GET',
      url: `\${SEAHUB}/api2/repos/\${REPO}/dir/metadata/?p=${encodeURIComponent(path)}`,
      headers: directories('list an empty root').request.headers,
    },
    response: { status: 200, headers: { 'content-type': 'application/json' }, ...response },
  });

  it('are made with all levels above, and looked up afterwards', async () => {
    replay.expect(directories('mkdir: create_parents'), metadata('/par/child/grand', { json: { id: hex('0') } }));
    expect(await makeFolder(web, REPO, '/par/child/grand')).toBe(EMPTY_DIRECTORY);
  });

  it('are not taken for made when a file is in the way', async () => {
    replay.expect(
      directories('mkdir: create_parents on an existing path'),
      metadata('/par/child/grand', { status: 404, json: { error_msg: 'Folder not found.' } }),
    );
    const error = await failure(makeFolder(web, REPO, '/par/child/grand'));
    expect(error.kind).toBe('rejected');
    expect(error.message).toContain('a file has its name');
  });

  it('are looked up by id', async () => {
    replay.expect(metadata('/x', { json: { id: hex('5') } }));
    expect(await folderId(web, REPO, '/x')).toBe(hex('5'));
  });

  it('are deleted, but never the root', async () => {
    replay.expect(changes('delete a folder that is not empty'), changes('delete a missing folder'));
    await deleteFolder(web, REPO, '/x5');
    expect(await kindOf(deleteFolder(web, REPO, '/x5'))).toBe('not-found');
    expect(await kindOf(deleteFolder(web, REPO, '/'))).toBe('rejected');
  });

  it.each(['', 'x', '/a//b', '/a/../b', '/.', '/a\0b', `/${'n'.repeat(256)}`, '/\ud800'])(
    'at the path %j are refused before anything is sent',
    async (path) => {
      expect(await kindOf(listFolder(web, REPO, path))).toBe('rejected');
      expect(await kindOf(makeFolder(web, REPO, path))).toBe('rejected');
      expect(await kindOf(deleteFolder(web, REPO, path))).toBe('rejected');
    },
  );
});
