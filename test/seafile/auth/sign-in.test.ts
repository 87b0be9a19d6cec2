import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { password, signIn, token } from '../../../src/seafile/auth/index.ts';
import { SeafileError } from '../../../src/seafile/errors.ts';
import { Server } from '../../../src/seafile/server.ts';
import { accountInfo, WebClient } from '../../../src/seafile/web/index.ts';
import { failure } from '../failure.ts';
import { ReplayServer, recorded, TOKEN } from '../replay.ts';

const recording = recorded('01-account');

describe('against the recorded server', () => {
  let replay: ReplayServer;
  beforeEach(async () => {
    replay = await new ReplayServer().start();
  });
  afterEach(async () => {
    expect(await replay.stop()).toEqual([]);
  });

  it('a password gives a token', async () => {
    replay.expect(recording('auth-token: good credentials'), recording('account info'));
    const account = await signIn(replay.connect(), password('svc@example.com', 'svc-pass-1'));
    expect(account.token.reveal()).toBe(TOKEN);
    await accountInfo(new WebClient(account));
  });

  it('a wrong password is one clear error, asked once', async () => {
    replay.expect(recording('auth-token: wrong password'));
    const error = await failure(signIn(replay.connect(), password('nobody@example.com', 'zzz')));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toBe(
      `Cannot sign in as nobody@example.com at ${new URL(replay.value('SEAHUB')).host}: Unable to login with provided credentials. Check user name and password.`,
    );
  });

  it('a token is checked', async () => {
    replay.expect(recording('auth ping'), recording('auth ping: wrong token'));
    expect((await signIn(replay.connect(), token(TOKEN))).token.reveal()).toBe(TOKEN);
    const wrong = '0123456789012345678901234567890123456789';
    const error = await failure(signIn(replay.connect(), token(wrong)));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).not.toContain(wrong);
  });
});

describe('the server URL', () => {
  it.each([
    ['https://drive.example.org', 'https://drive.example.org/'],
    ['https://drive.example.org/seafile/', 'https://drive.example.org/seafile/'],
    ['http://host:8000/x?y=1#z', 'http://host:8000/x/'],
  ])('%s is read as %s', (given, read) => {
    expect(new Server(given).url.href).toBe(read);
  });

  it.each(['drive.example.org', 'ftp://drive.example.org', '', 'https://me:hunter2@drive.example.org'])(
    '%j is refused, without repeating secrets',
    (given) => {
      expect(() => new Server(given)).toThrow(SeafileError);
      expect(() => new Server(given)).not.toThrow(/hunter2/);
    },
  );
});
