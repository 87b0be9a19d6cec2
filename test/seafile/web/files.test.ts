import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitId } from '../../../src/seafile/objects/index.ts';
import {
  deleteFile,
  downloadLink,
  fileDetail,
  revisionLink,
  updateLink,
  uploadLink,
  type WebClient,
} from '../../../src/seafile/web/index.ts';
import { kindOf } from '../failure.ts';
import { type Exchange, hex, REPO, ReplayServer, recorded } from '../replay.ts';

const upload = recorded('04-upload');
const download = recorded('05-download');
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

/** An exchange like a recorded one, with another answer. */
const answered = (exchange: Exchange, response: Partial<Exchange['response']>): Exchange => {
  const { json: _json, text: _text, ...rest } = exchange.response;
  return { ...exchange, response: { ...rest, ...response } };
};

describe('files', () => {
  it('are deleted, also when they are gone already', async () => {
    replay.expect(changes('delete a file (v2.1)'), changes('delete a missing file (v2.1)'));
    await deleteFile(web, REPO, '/x/t2.txt');
    await deleteFile(web, REPO, '/x/t2.txt');
  });

  it('the root is no file', async () => {
    expect(await kindOf(deleteFile(web, REPO, '/'))).toBe('rejected');
  });
});

describe('links', () => {
  it('to download are reusable and tell the version', async () => {
    replay.expect(download('download link, reusable'));
    expect(await downloadLink(web, REPO, '/x/f.txt')).toEqual({
      link: replay.value('REUSE'),
      file: 'c1598dc8a9679b9a34a6efae183470ade166022d',
      reusable: true,
    });
  });

  it('to what is missing, a folder or closed are errors', async () => {
    for (const [name, path] of [
      ['download link: missing', '/x/none.txt'],
      ['download link: of a folder', '/x'],
    ] as const) {
      replay.expect({ exchange: download(name), query: { p: path, reuse: '1' } });
      expect(await kindOf(downloadLink(web, REPO, path))).toBe('not-found');
    }
    replay.expect({ exchange: download('download link: without permission'), query: { p: '/x/f.txt', reuse: '1' } });
    expect(await kindOf(downloadLink(web, REPO, '/x/f.txt'))).toBe('forbidden');
  });

  it('to an earlier version are for one use', async () => {
    const link = download('download link, one-time');
    replay.expect({
      exchange: link,
      path: `/api2/repos/${REPO}/file/revision/`,
      query: { p: '/x/f.txt', commit_id: hex('a') },
    });
    expect(await revisionLink(web, REPO, '/x/f.txt', commitId(hex('a')))).toEqual({
      link: replay.value('ONCE'),
      file: null,
      reusable: false,
    });
  });

  it('to upload and update are given for folders', async () => {
    replay.expect(upload('upload-link for /x'), upload('update-link'), upload('upload-link: missing folder'));
    expect(await uploadLink(web, REPO, '/x')).toBe(replay.value('UPLOAD_X'));
    expect(await updateLink(web, REPO, '/')).toBe(replay.value('UPDATE'));
    expect(await kindOf(uploadLink(web, REPO, '/missing'))).toBe('not-found');
  });

  it('that are no URLs are not believed', async () => {
    replay.expect(answered(upload('upload-link for /x'), { json: 'javascript:alert(1)' }));
    expect(await kindOf(uploadLink(web, REPO, '/x'))).toBe('corrupt-answer');
  });

  it('the details of a file are read', async () => {
    replay.expect(download('file detail'), download('file detail: of a folder'));
    expect(await fileDetail(web, REPO, '/x/f.txt')).toMatchObject({ name: 'f.txt', size: 8, permission: 'rw' });
    expect(await kindOf(fileDetail(web, REPO, '/x'))).toBe('not-found');
  });
});
