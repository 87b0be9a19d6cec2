import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of a password check; `N` is the one that is varied. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** For data that lasts: about 50 ms a check. */
export const LASTING_COST: ScryptCost = { N: 16384, r: 8, p: 1 };
/** For a server in memory, whose hashes never leave the process: a millisecond. */
export const FLEETING_COST: ScryptCost = { N: 512, r: 8, p: 1 };

const KEY_BYTES = 32;

function derive(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** @returns `scrypt$N$r$p$salt$key` */
export async function hashPassword(password: string, cost: ScryptCost): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('hex'), key.toString('hex')].join('$');
}

/** Whether a password is the one that was hashed. A missing hash costs as much time as a wrong password. */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const [, N, r, p, salt, key] = (hash ?? ABSENT).split('$');
  const expected = Buffer.from(key ?? '', 'hex');
  const actual = await derive(password, Buffer.from(salt ?? '', 'hex'), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(actual, expected) && hash !== null;
}

const ABSENT = `scrypt$16384$8$1$00$${'00'.repeat(KEY_BYTES)}`;
