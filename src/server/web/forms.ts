import { parseJson } from '../json.ts';
import { MultipartError, parseForm } from '../multipart/form.ts';

/** The fields of a request's body. */
export type Fields = ReadonlyMap<string, readonly string[]>;

export class BadBodyError extends Error {
  override readonly name = 'BadBodyError';
}

/** Reads a form, urlencoded or multipart. Any other body has no fields: api2 does not see JSON (seafile-api 0.2). */
export function readForm(contentType: string, body: Buffer): Fields {
  if (contentType.startsWith('application/x-www-form-urlencoded')) return collect(new URLSearchParams(body.toString()));
  if (contentType.startsWith('multipart/form-data')) {
    try {
      return collect(parseForm(contentType, body));
    } catch (error) {
      if (error instanceof MultipartError) throw new BadBodyError('Multipart form parse error');
      throw error;
    }
  }
  return new Map();
}

/** Reads a form or a JSON object, as `request.data` of the v2.1 views does. */
export function readData(contentType: string, body: Buffer): Readonly<Record<string, unknown>> {
  if (!contentType.startsWith('application/json')) {
    const last = [...readForm(contentType, body)].map(([name, values]) => [name, values.at(-1)]);
    return Object.fromEntries(last);
  }
  if (body.length === 0) return {};
  try {
    const parsed: unknown = parseJson(body.toString('utf8'));
    // A JSON list or string has no fields.
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : {};
  } catch (error) {
    throw new BadBodyError(`JSON parse error - ${error instanceof Error ? error.message : 'not JSON'}`);
  }
}

function collect(pairs: Iterable<[string, string]>): Fields {
  const fields = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}
