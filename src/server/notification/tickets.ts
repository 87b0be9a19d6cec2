import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Lifetime of a ticket, in seconds: 72 hours (seafile-api H.1). */
const LIFETIME_S = 72 * 3600;

/** What a ticket says: who may be told of a library's changes, and until when. */
export interface Ticket {
  readonly library: string;
  readonly account: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

const claims = z.object({ repo_id: z.string(), username: z.string(), exp: z.number() });

/** The JWTs (HS256) by which clients subscribe to changes (seafile-api H.1). */
export class Tickets {
  readonly #key: Buffer;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(key: Buffer, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  issue(library: string, account: string): string {
    const exp = Math.floor(this.#now() / 1000) + LIFETIME_S;
    const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ repo_id: library, username: account, exp })}`;
    return `${body}.${this.#sign(body).toString('base64url')}`;
  }

  /** @returns what the ticket says, unless it is forged or expired */
  read(token: string): Ticket | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const expected = this.#sign(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    // What carries the right signature was written by us.
    const read = claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (!read.success || read.data.exp * 1000 <= this.#now()) return undefined;
    return { library: read.data.repo_id, account: read.data.username, expires: read.data.exp };
  }

  #sign(body: string): Buffer {
    return createHmac('sha256', this.#key).update(body).digest();
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
