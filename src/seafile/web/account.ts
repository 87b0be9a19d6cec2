import { z } from 'zod';
import type { WebClient } from './client.ts';

/** The account that is signed in. */
export interface AccountInfo {
  /** Seafile's name for the account: mostly an e-mail, with single sign-on an internal id. */
  readonly email: string;
  /** For people. */
  readonly name: string;
  /** Bytes in the account's own libraries; some seconds late (seafile-api I.3). */
  readonly usedBytes: number;
  /** Bytes allowed; null when there is no limit. */
  readonly quotaBytes: number | null;
}

const accountOnWire = z.object({
  email: z.string(),
  name: z.string().nullish(),
  usage: z.number(),
  total: z.number(),
});

/** Name, usage and quota (seafile-api I.3). */
export async function accountInfo(web: WebClient, signal?: AbortSignal): Promise<AccountInfo> {
  const wire = await web.json(
    { what: 'read the account', method: 'GET', path: 'api2/account/info/', repeatable: true, signal },
    accountOnWire,
  );
  return {
    email: wire.email,
    name: wire.name ?? '',
    usedBytes: wire.usage,
    // -2 is "unlimited".
    quotaBytes: wire.total < 0 ? null : wire.total,
  };
}
