import type { RunningServer } from '../../src/server/index.ts';
import { isObject, placeholder } from './names.ts';
import type { Recording } from './recording.ts';

/** A library of an earlier recording, still there when this one was made: with one file of 43 bytes. */
const EARLIER_LIBRARY = '33cf2142-1c30-4ec9-a24f-0c227dda9ff5';
const EARLIER_BYTES = 43;
/** The default library's id, written out before the recording captures it. */
const DEFAULT_LIBRARY = '1719ea05-7edf-490a-b7e8-35351150f912';

/** Takes out of a recording what it shows of an earlier one. */
export function withoutEarlierRuns(recording: Recording): Recording {
  const exchanges = recording.exchanges.map((exchange) => {
    const json = strip(exchange.response.json);
    // The default library's name is learnt where it is first seen.
    const first = exchange.name === 'default-repo: get';
    const captures = first ? [...(exchange.captures ?? []), 'DEFAULT_REPO'] : exchange.captures;
    const response = json === undefined ? exchange.response : { ...exchange.response, json };
    return { ...exchange, response, ...(captures ? { captures } : {}) };
  });
  return { ...recording, exchanges };
}

function strip(value: unknown, field = ''): unknown {
  if (value === DEFAULT_LIBRARY) return placeholder('DEFAULT_REPO');
  if (field === 'usage' && value === EARLIER_BYTES) return 0;
  if (Array.isArray(value)) return value.filter((each) => !isEarlier(each)).map((each) => strip(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, strip(each, key)]));
}

function isEarlier(value: unknown): boolean {
  return isObject(value) && [value.id, value.repo_id].includes(EARLIER_LIBRARY);
}

/** Makes what the recorded server had before: the account's default library. */
export async function prepare(server: RunningServer): Promise<void> {
  const form = new URLSearchParams({ username: 'svc@example.com', password: 'svc-pass-1' });
  const signedIn = await fetch(`${server.url}/api2/auth-token/`, { method: 'POST', body: form });
  const answer: unknown = await signedIn.json();
  const token = isObject(answer) ? String(answer.token) : '';
  const headers = { authorization: `Token ${token}` };
  await fetch(`${server.url}/api2/default-repo/`, { method: 'POST', headers });
}
