import { SeafileError } from '../errors.ts';
import { requestLine, unexpectedAnswer } from '../http/failures.ts';
import type { HttpRequest, Transport } from '../http/index.ts';
import type { Link } from '../link.ts';

/**
 * Part of a file, by a download link, in one request.
 *
 * @param offset bytes from the start of the file
 * @param length bytes, more than 0; the range must lie within the file
 * @returns exactly `length` bytes
 * @throws SeafileError `forbidden` when the link has expired: get another; `rejected` when the file ends before the range
 */
export async function downloadRange(
  transport: Transport,
  link: Link,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!(offset >= 0 && length > 0)) throw new RangeError(`no range: ${length} bytes at ${offset}`);
  const last = offset + length - 1;
  const request: HttpRequest = {
    what: `read ${length} bytes at ${offset}`,
    method: 'GET',
    url: new URL(link),
    side: 'file',
    // Only this form is served in the same way by all versions (seafile-api L 15).
    headers: { range: `bytes=${offset}-${last}` },
    repeatable: true,
    accept: [416],
    maxAnswerBytes: length,
    signal,
  };
  const answer = await transport.request(request);
  if (answer.status === 416) {
    throw new SeafileError('rejected', `Cannot ${request.what}: the file ends before.`, {
      status: 416,
      request: requestLine(request),
    });
  }
  const range = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(answer.header('content-range') ?? '');
  if (answer.status !== 206 || !range) throw unexpectedAnswer(request, answer, 'no part of the file');
  if (Number(range[1]) !== offset) throw unexpectedAnswer(request, answer, `bytes from ${range[1]} on`);
  if (Number(range[2]) < last) {
    throw new SeafileError('rejected', `Cannot ${request.what}: the file ends at ${Number(range[2]) + 1}.`, {
      status: 206,
      request: requestLine(request),
    });
  }
  if (answer.body.byteLength !== length) throw unexpectedAnswer(request, answer, `${answer.body.byteLength} bytes`);
  return answer.body;
}
