import { expect } from 'vitest';
import { SeafileError, type SeafileErrorKind } from '../../src/seafile/errors.ts';
import { SYNC_TOKEN, TOKEN } from './replay.ts';

/** The `SeafileError` that a promise is rejected with; any other outcome fails the test. Secrets must not be in it. */
export async function failure(promise: Promise<unknown>): Promise<SeafileError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SeafileError)) throw error;
  const shown = `${error.message} ${error.request}`;
  for (const secret of [TOKEN, SYNC_TOKEN]) expect(shown).not.toContain(secret);
  // The replayed server's links are named so.
  expect(shown).not.toMatch(/link-(x|root|u|q|once|reuse|empty|raw|commit)\b/);
  return error;
}

export const kindOf = async (promise: Promise<unknown>): Promise<SeafileErrorKind> => (await failure(promise)).kind;
