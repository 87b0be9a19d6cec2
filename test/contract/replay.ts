import { bytesOf } from './content.ts';
import type { Names } from './names.ts';
import type { Exchange } from './recording.ts';

/** An answer of the embedded server. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const BOUNDARY = '----contractboundary';

/** Sends a recorded request. */
export async function send(exchange: Exchange, names: Names): Promise<Reply> {
  const { request } = exchange;
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name, names.fill(value)]),
  );
  const body = bodyOf(exchange, names);
  const response = await fetch(names.fill(request.url), {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

function bodyOf({ request }: Exchange, names: Names): Buffer | undefined {
  if (request.form) {
    const fields = Object.entries(request.form).map(([name, value]): [string, string] => [name, names.fill(value)]);
    return Buffer.from(new URLSearchParams(fields).toString());
  }
  if (request.json !== undefined) return Buffer.from(JSON.stringify(names.fillAll(request.json)));
  if (request.multipart) return multipart(request.multipart, names);
  if (!request.body) return undefined;
  const { text } = request.body;
  return text === undefined ? bytesOf(request.body) : Buffer.from(names.fill(text));
}

type Part = NonNullable<Exchange['request']['multipart']>[number];

function multipart(parts: readonly Part[], names: Names): Buffer {
  const pieces = parts.flatMap((part) => {
    const filename = part.filename === undefined ? '' : `; filename="${names.fill(part.filename)}"`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${part.name}"${filename}\r\n\r\n`;
    const content = part.text === undefined ? bytesOf(part) : Buffer.from(names.fill(part.text));
    return [Buffer.from(head), content ?? Buffer.alloc(0), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
