import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { describeFailure } from '../../../src/cli/errors.ts';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { resolveSignIn } from '../../../src/cli/options/credentials.ts';
import type { SignInOptions } from '../../../src/cli/options/settings.ts';
import { type TestContext, testContext } from '../context.ts';

const made: TestContext[] = [];
afterEach(() => {
  for (const { root } of made.splice(0)) rmSync(root, { recursive: true });
});

function world(env: Record<string, string> = {}): TestContext {
  const context = testContext({ env });
  made.push(context);
  return context;
}

function withConfig(context: TestContext, toml: string, mode = 0o600): string {
  mkdirSync(context.directories.config, { recursive: true });
  const file = path.join(context.directories.config, 'config.toml');
  writeFileSync(file, toml);
  chmodSync(file, mode);
  return file;
}

function withFile(context: TestContext, name: string, content: string): string {
  const file = path.join(context.root, name);
  writeFileSync(file, content);
  return file;
}

function failure(options: SignInOptions, context: TestContext): { line: string; exitCode: number } {
  try {
    resolveSignIn(options, context);
  } catch (error) {
    return describeFailure(error);
  }
  throw new Error('it was expected to fail');
}

const SERVER = 'https://drive.example.org';

describe('credentials come', () => {
  test.each([
    ['a token', { SEAMOUNT_TOKEN: 't0ken' }, { kind: 'token', token: 't0ken' }],
    [
      'user and password',
      { SEAMOUNT_USER: 'a@b.c', SEAMOUNT_PASSWORD: 'pass' },
      { kind: 'password', user: 'a@b.c', password: 'pass' },
    ],
    [
      'client id and secret',
      { SEAMOUNT_CLIENT_ID: 'app', SEAMOUNT_CLIENT_SECRET: 's3cret', SEAMOUNT_OIDC_ISSUER: 'https://iam' },
      { kind: 'client', clientId: 'app', clientSecret: 's3cret', issuer: 'https://iam' },
    ],
  ])('as %s from the environment', (_, env, credentials) => {
    const signIn = resolveSignIn({}, world({ SEAMOUNT_SERVER: SERVER, ...env }));
    expect(signIn).toMatchObject({ server: SERVER, credentials });
  });

  test.each([
    ['SEAMOUNT_TOKEN_FILE', {}, { kind: 'token', token: 'from a file' }],
    ['SEAMOUNT_PASSWORD_FILE', { SEAMOUNT_USER: 'u' }, { kind: 'password', user: 'u', password: 'from a file' }],
    [
      'SEAMOUNT_CLIENT_SECRET_FILE',
      { SEAMOUNT_CLIENT_ID: 'c' },
      { kind: 'client', clientId: 'c', clientSecret: 'from a file', issuer: undefined },
    ],
  ])('from the file that %s names, without its last line break', (name, rest, credentials) => {
    const context = world();
    const env = { SEAMOUNT_SERVER: SERVER, ...rest, [name]: withFile(context, 'secret', 'from a file\n') };
    expect(resolveSignIn({}, { ...context, env }).credentials).toEqual(credentials);
  });

  test('from options before the environment, and from the environment before the configuration', () => {
    const context = world({ SEAMOUNT_SERVER: 'https://env.example.org', SEAMOUNT_TOKEN: 'of env' });
    withConfig(context, '[profiles.one]\nserver = "https://config.example.org"\ntoken = "of config"\n');
    const file = withFile(context, 'token', 'of option');
    expect(resolveSignIn({ server: SERVER, tokenFile: file }, context)).toMatchObject({
      server: SERVER,
      credentials: { token: 'of option' },
    });
    expect(resolveSignIn({}, context)).toMatchObject({
      server: 'https://env.example.org',
      credentials: { token: 'of env' },
    });
    expect(resolveSignIn({}, { ...context, env: {} })).toMatchObject({
      server: 'https://config.example.org',
      credentials: { token: 'of config' },
    });
  });

  test('from the profile that --profile names, also before the environment', () => {
    const context = world({ SEAMOUNT_SERVER: 'https://env.example.org', SEAMOUNT_TOKEN: 'of env' });
    withConfig(
      context,
      [
        'default_profile = "one"',
        '[profiles.one]',
        'server = "https://one.example.org"',
        'token = "of one"',
        '[profiles.two]',
        'server = "https://two.example.org"',
        'user = "two"',
        'password = "of two"',
      ].join('\n'),
    );
    expect(resolveSignIn({ profile: 'two' }, context)).toMatchObject({
      server: 'https://two.example.org',
      credentials: { kind: 'password', user: 'two', password: 'of two' },
    });
    expect(resolveSignIn({}, { ...context, env: {} }).credentials).toEqual({ kind: 'token', token: 'of one' });
    expect(resolveSignIn({}, { ...context, env: { SEAMOUNT_PROFILE: 'two' } })).toMatchObject({
      server: 'https://two.example.org',
    });
  });

  test('in parts: a user from an option, the password from the environment', () => {
    const context = world({ SEAMOUNT_SERVER: SERVER, SEAMOUNT_USER: 'one', SEAMOUNT_PASSWORD: 'pass' });
    expect(resolveSignIn({ user: 'two' }, context).credentials).toEqual({
      kind: 'password',
      user: 'two',
      password: 'pass',
    });
  });
});

describe('signing in is refused before any request', () => {
  test('without a server', () => {
    expect(failure({}, world())).toEqual({
      line: expect.stringMatching(/^no server: give --server/),
      exitCode: EXIT.signIn,
    });
  });

  test('without credentials, with the ways to give them', () => {
    const told = failure({ server: SERVER }, world());
    expect(told.exitCode).toBe(EXIT.signIn);
    expect(told.line).toMatch(/SEAMOUNT_TOKEN.*SEAMOUNT_USER.*SEAMOUNT_CLIENT_ID.*config\.toml/);
  });

  test.each([
    [{ SEAMOUNT_USER: 'u' }, /needs the password/],
    [{ SEAMOUNT_PASSWORD: 'p' }, /needs the user/],
    [{ SEAMOUNT_CLIENT_ID: 'c' }, /needs the client secret/],
    [{ SEAMOUNT_CLIENT_SECRET: 'c' }, /needs the client id/],
  ])('with half of the credentials: %j', (env, line) => {
    const told = failure({ server: SERVER }, world(env));
    expect(told).toEqual({ line: expect.stringMatching(line), exitCode: EXIT.signIn });
  });

  test('when two kinds of credentials are given in one place', () => {
    const told = failure({ server: SERVER }, world({ SEAMOUNT_TOKEN: 't', SEAMOUNT_USER: 'u' }));
    expect(told).toEqual({ line: expect.stringMatching(/given twice \(token and password\)/), exitCode: EXIT.usage });
  });

  test('when a secret is given directly and in a file', () => {
    const told = failure({ server: SERVER }, world({ SEAMOUNT_TOKEN: 'abcd', SEAMOUNT_TOKEN_FILE: '/nowhere' }));
    expect(told.line).toMatch(/SEAMOUNT_TOKEN and SEAMOUNT_TOKEN_FILE are both set/);
  });

  test.each([
    ['missing', null, /cannot read .*: it does not exist/],
    ['empty', '\n', /is empty/],
    ['of two lines', 'a\nb\n', /more than one line/],
  ])('when the secret file is %s', (_, content, line) => {
    const context = world();
    const file = content === null ? path.join(context.root, 'none') : withFile(context, 'secret', content);
    expect(failure({ server: SERVER, tokenFile: file }, context)).toEqual({
      line: expect.stringMatching(line),
      exitCode: EXIT.usage,
    });
  });

  test("when a profile's secret would go to another server", () => {
    const context = world();
    withConfig(context, '[profiles.one]\nserver = "https://one.example.org"\ntoken = "of one"\n');
    expect(failure({ server: 'https://other.example.org' }, context).line).toMatch(
      /profile one signs in at https:\/\/one\.example\.org, not at https:\/\/other/,
    );
    expect(resolveSignIn({ server: 'https://one.example.org/' }, context).credentials).toEqual({
      kind: 'token',
      token: 'of one',
    });
  });
});

describe('the configuration file is refused', () => {
  test.each([0o644, 0o640, 0o604, 0o620, 0o602])('when others can read or change it: mode %o', (mode) => {
    const context = world();
    const file = withConfig(context, '[profiles.one]\nserver = "https://one"\ntoken = "of one"\n', mode);
    expect(failure({}, context)).toEqual({
      line: `${file} can be read or changed by other users: run chmod 600 ${file}`,
      exitCode: EXIT.usage,
    });
  });

  test('when it is not TOML, without quoting the line', () => {
    const context = world();
    withConfig(context, '[profiles.one]\ntoken = "hunter2\n');
    const told = failure({}, context);
    expect(told.line).toMatch(/config\.toml: line \d+, column \d+ is not TOML/);
    expect(told.line).not.toContain('hunter2');
  });

  test('when it has a setting that does not exist, naming it', () => {
    const context = world();
    withConfig(context, '[profiles.one]\npasword = "hunter2"\n');
    const told = failure({}, context);
    expect(told.line).toMatch(/profiles\.one: .*pasword/);
    expect(told.line).not.toContain('hunter2');
  });

  test('when the profile that is asked for is not in it, listing those that are', () => {
    const context = world();
    withConfig(context, '[profiles.one]\nserver="https://a"\n[profiles.two]\nserver="https://b"\n');
    expect(failure({ profile: 'three' }, context).line).toMatch(/profile three is not in .*: it has one, two/);
  });
});

test('what was read as a secret is taken out of all output', () => {
  const context = world({ SEAMOUNT_SERVER: SERVER, SEAMOUNT_USER: 'u', SEAMOUNT_PASSWORD: 'p&ss word' });
  resolveSignIn({}, context);
  expect(context.redactor.redact('GET /x?password=p%26ss%20word or p&ss word')).toBe(
    'GET /x?password=[secret] or [secret]',
  );
});
