import type { SeafileErrorKind } from '../errors.ts';

const WEB: Readonly<Record<number, SeafileErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  413: 'too-large',
  423: 'forbidden', // locked by another user (Pro)
  429: 'throttled',
  440: 'encrypted', // password of the library is needed
  443: 'quota',
  447: 'quota', // limit of files in a library
};

const FILE: Readonly<Record<number, SeafileErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'gc-conflict',
  413: 'too-large',
  429: 'throttled',
  440: 'rejected', // bad file name
  441: 'not-found',
  442: 'too-large',
  443: 'quota',
  444: 'library-gone',
  445: 'library-corrupted',
  446: 'blocks-missing',
};

/** What a status means; the two parts of a server give some numbers different meanings (seafile-api 0.4). */
export function kindOfStatus(side: 'web' | 'file', status: number): SeafileErrorKind {
  const kind = (side === 'web' ? WEB : FILE)[status];
  if (kind) return kind;
  if (status >= 500) return 'server-failed';
  if (status >= 400) return 'rejected';
  // A redirect or an empty success where an answer was expected.
  return 'not-seafile';
}
