import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { baseOfLink, discoverFileServer } from '../../../src/seafile/fileserver/index.ts';
import type { Link } from '../../../src/seafile/link.ts';
import type { WebClient } from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { type Exchange, type Expected, REPO, ReplayServer, recorded } from '../replay.ts';

const libraries = recorded('02-libraries');
const upload = recorded('04-upload');
const sync = recorded('08-sync-protocol');
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

const _link = (name: string): Link => replay.value(name) as Link;

describe('finding the file server', () => {
  const usual = (exchange: Exchange): Expected => ({ exchange, path: '/seafhttp/protocol-version' });
  const nothing = (name: string): Exchange => ({
    ...sync('protocol version'),
    name,
    response: { status: 404, headers: { 'content-type': 'text/html' }, text: '<html>' },
  });

  it('takes the usual place when it answers there', async () => {
    replay.expect(usual(sync('protocol version')));
    expect((await discoverFileServer(web)).url.href).toBe(`${replay.value('SEAHUB')}/seafhttp/`);
  });

  it('takes the base of a link that the server gives, otherwise', async () => {
    replay.expect(usual(nothing('usual place')), upload('upload-link for /'), sync('protocol version'));
    expect((await discoverFileServer(web, { library: REPO })).url.href).toBe(`${replay.value('FILESERVER')}/`);
  });

  it('asks another library for a link when this one is read-only', async () => {
    const refused = sharing('receiver: upload-link in a read-only share');
    replay.expect(
      usual(nothing('usual place')),
      { exchange: refused, path: `/api2/repos/${REPO}/upload-link/` },
      libraries('default-repo: create'),
      { exchange: upload('upload-link for /'), path: '/api2/repos/1719ea05-7edf-490a-b7e8-35351150f912/upload-link/' },
      sync('protocol version'),
    );
    expect((await discoverFileServer(web, { library: REPO })).url.href).toBe(`${replay.value('FILESERVER')}/`);
  });

  it('is not taken in by a page that answers to everything', async () => {
    const page = {
      ...nothing('page'),
      response: { status: 200, headers: { 'content-type': 'text/html' }, text: '<html>' },
    };
    replay.expect(usual(page), upload('upload-link for /'), page);
    const error = await failure(discoverFileServer(web, { library: REPO }));
    expect(error.kind).toBe('not-seafile');
    expect(error.message).toContain('option fileServer');
  });

  it('does as the user says', async () => {
    replay.expect(sync('protocol version'), nothing('told place'));
    const fileServer = replay.value('FILESERVER');
    expect((await discoverFileServer(web, { fileServer })).url.href).toBe(`${fileServer}/`);
    expect(await kindOf(discoverFileServer(web, { fileServer }))).toBe('not-seafile');
  });

  it('can be cancelled', async () => {
    expect(await kindOf(discoverFileServer(web, { signal: AbortSignal.abort() }))).toBe('aborted');
  });

  it.each([
    ['https://h/seafhttp/upload-api/t', 'https://h/seafhttp/'],
    ['http://h:8082/files/t/name', 'http://h:8082/'],
    ['https://h/elsewhere', undefined],
  ])('the base of %s is %s', (given, base) => {
    expect(baseOfLink(given)?.href).toBe(base);
  });
});
