import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadRange } from '../../../src/seafile/fileserver/index.ts';
import type { Link } from '../../../src/seafile/link.ts';
import type { WebClient } from '../../../src/seafile/web/index.ts';
import { kindOf } from '../failure.ts';
import { ReplayServer, recorded } from '../replay.ts';

const download = recorded('05-download');
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

const link = (name: string): Link => replay.value(name) as Link;

describe('a range', () => {
  it('is read exactly', async () => {
    replay.expect(download('download range bytes=2-4'));
    expect(Buffer.from(await downloadRange(web.server.transport, link('REUSE'), 2, 3)).toString()).toBe('dat');
  });

  it('beyond or across the end of the file is refused', async () => {
    replay.expect(download('download range bytes=1000-2000'), download('download range bytes=3-2000'));
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 1000, 1001))).toBe('rejected');
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 3, 1998))).toBe('rejected');
  });

  it('by an expired link is forbidden', async () => {
    const expired = download('download again by the same one-time link');
    replay.expect({ ...expired, request: { ...expired.request, headers: { range: 'bytes=0-0' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('ONCE'), 0, 1))).toBe('forbidden');
  });

  it('that comes as the whole file is not taken for the range', async () => {
    const whole = download('download by reusable link');
    replay.expect({ ...whole, request: { ...whole.request, headers: { range: 'bytes=0-7' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 0, 8))).toBe('corrupt-answer');
  });

  it('that comes from another place is not taken', async () => {
    const other = download('download range bytes=2-4');
    replay.expect({ ...other, request: { ...other.request, headers: { range: 'bytes=1-3' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 1, 3))).toBe('corrupt-answer');
  });

  it('of no bytes is a mistake of the caller', async () => {
    await expect(downloadRange(web.server.transport, link('REUSE'), 0, 0)).rejects.toThrow(RangeError);
  });
});
