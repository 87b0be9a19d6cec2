import { createHash } from 'node:crypto';
import type { Credentials } from './credentials.ts';

/**
 * Who credentials stand for, without any secret: so that a command finds the mount that was made with the same ones.
 *
 * A token names nobody, so a short digest of it stands for it; tokens are 160 random bits, which no digest gives away.
 * A password's digest would, so the user's name stands for it.
 */
export function identityOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'token':
      return `token ${createHash('sha256').update(credentials.token).digest('hex').slice(0, 16)}`;
    case 'password':
      return `user ${credentials.user}`;
    case 'client':
      return `client ${credentials.clientId}`;
  }
}
