import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { answerText } from '../../../src/seafile/http/index.ts';
import { failure } from '../failure.ts';

import { get, serve, statuses, transport } from './serve.ts';

describe('redirects', () => {
  const redirect =
    (location: string): RequestListener =>
    (request, response) => {
      request.resume();
      if (request.url === '/there') response.end('there');
      else response.writeHead(301, { location }).end();
    };

  it('of a GET on the same host are followed', async () => {
    const answer = await transport().request(get(await serve(redirect('/there'))));
    expect(answerText(answer)).toBe('there');
  });

  it('of a POST are never followed', async () => {
    const error = await failure(
      transport().request(get(await serve(redirect('/there')), { method: 'POST', body: Buffer.from('x') })),
    );
    expect(error).toMatchObject({ kind: 'not-seafile', status: 301 });
  });

  it('to another host are told, without what the target grants', async () => {
    const error = await failure(
      transport().request(get(await serve(redirect('https://other.example/files/s3cret/x?token=t0p')))),
    );
    expect(error.kind).toBe('not-seafile');
    expect(error.message).toContain('a redirect to https://other.example/files/(…)/x');
    expect(error.message).not.toMatch(/s3cret|t0p/);
  });

  it('in a circle end', async () => {
    const error = await failure(transport().request(get(await serve(redirect('/')))));
    expect(error.kind).toBe('not-seafile');
  });
});

describe('statuses', () => {
  it.each([
    ['web', 400, 'rejected'],
    ['web', 401, 'unauthorized'],
    ['web', 403, 'forbidden'],
    ['web', 404, 'not-found'],
    ['web', 409, 'rejected'],
    ['web', 423, 'forbidden'],
    ['web', 440, 'encrypted'],
    ['web', 443, 'quota'],
    ['web', 447, 'quota'],
    ['web', 520, 'server-failed'],
    ['file', 400, 'rejected'],
    ['file', 403, 'forbidden'],
    ['file', 404, 'not-found'],
    ['file', 409, 'gc-conflict'],
    ['file', 440, 'rejected'],
    ['file', 441, 'not-found'],
    ['file', 442, 'too-large'],
    ['file', 443, 'quota'],
    ['file', 444, 'library-gone'],
    ['file', 445, 'library-corrupted'],
    ['file', 446, 'blocks-missing'],
    ['file', 500, 'server-failed'],
  ] as const)('of the %s side: %i is %s', async (side, status, kind) => {
    const { listener } = statuses([status, { 'content-type': 'text/plain' }]);
    const error = await failure(transport({ repeat: { attempts: 1 } }).request(get(await serve(listener), { side })));
    expect(error).toMatchObject({ kind, status });
  });

  it('that a request accepts are answers', async () => {
    const { listener } = statuses(404);
    expect((await transport().request(get(await serve(listener), { accept: [404] }))).status).toBe(404);
  });

  it.each([
    ['{"error_msg":"Library not found."}', 'Library not found'],
    ['{"detail":"Invalid token"}', 'Invalid token'],
    ['{"error": "Out of quota.\n"}', 'Out of quota'],
    ['{"non_field_errors":["Unable to login."]}', 'Unable to login'],
    ['Access token not found\n', 'Access token not found'],
    ['{"error_msg":"A \\"quoted\\" \\u00e9"}', 'A "quoted" é'],
    ['{"error_msg":"\u001b[31mred"}', '[31mred'],
    ['', ''],
  ])('carry the reason in the body %j', async (body, reason) => {
    const url = await serve((_, response) => response.writeHead(400, { 'content-type': 'application/json' }).end(body));
    const error = await failure(transport().request(get(url)));
    expect(error.message).toBe(`Cannot read the thing: ${url.host} answered 400${reason ? ` (${reason})` : ''}.`);
  });

  it('with a web page are not Seafile', async () => {
    const url = await serve((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'));
    const error = await failure(transport().request(get(url)));
    expect(error).toMatchObject({ kind: 'not-seafile', status: 404 });
    expect(error.message).toContain('(a web page)');
  });
});

describe('secrets', () => {
  it.each([
    ['files/1f8a0e7c-aaaa-bbbb-cccc-0123456789ab/f.txt', '/files/(…)/f.txt'],
    ['seafhttp/upload-api/1f8a0e7c-aaaa?ret-json=1', '/seafhttp/upload-api/(…)?ret-json=1'],
    ['upload-raw-blks-api/1f8a0e7c-aaaa', '/upload-raw-blks-api/(…)'],
    ['x?p=/a&token=1f8a0e7c', '/x?p=/a&token=(…)'],
    ['api2/repos/1/dir/?p=%2Fa%20b%0A', '/api2/repos/1/dir/?p=%2Fa b?'],
  ])('in %s stay out of errors', async (path, shown) => {
    const { listener } = statuses(400);
    const error = await failure(
      transport().request(get(new URL(path, await serve(listener)), { headers: { authorization: 'Token 5ecret' } })),
    );
    expect(error.request).toBe(`GET ${shown}`);
    expect(JSON.stringify(error) + error.message).not.toMatch(/1f8a0e7c|5ecret/);
  });
});
