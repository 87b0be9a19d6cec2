import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clientCredentials, password, token } from '../../../src/seafile/auth/index.ts';
import { Secret } from '../../../src/seafile/http/index.ts';

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['text', `${secret}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspection', inspect({ secret }, { depth: null, showHidden: true })],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ])('does not show in %s', (_, shown) => {
    expect(shown).not.toContain('hunter2');
  });

  it('is given to who asks for it', () => {
    expect(secret.reveal()).toBe('hunter2');
    expect(secret.equals(new Secret('hunter2'))).toBe(true);
    expect(secret.equals(new Secret('other'))).toBe(false);
  });

  it('is what credentials keep', () => {
    const all = [
      token('hunter2'),
      password('me', 'hunter2'),
      clientCredentials({ issuer: 'https://i', clientId: 'c', clientSecret: 'hunter2' }),
    ];
    expect(inspect(all, { depth: null }) + JSON.stringify(all)).not.toContain('hunter2');
  });

  it('must be there', () => {
    expect(() => token('')).toThrow('the API token is missing');
    expect(() => password('me', '')).toThrow('the password is missing');
    expect(() => clientCredentials({ issuer: 'https://i', clientId: '', clientSecret: 'x' })).toThrow('client id');
  });
});
