import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signIn, token } from '../../src/seafile/auth/index.ts';
import { Secret } from '../../src/seafile/http/index.ts';
import { libraryId } from '../../src/seafile/objects/index.ts';
import { Server } from '../../src/seafile/server.ts';
import { WebClient } from '../../src/seafile/web/index.ts';

interface Bytes {
  readonly text?: string;
  readonly json?: unknown;
  readonly base64?: string;
  readonly pseudoRandom?: { readonly length: number; readonly sha1?: string };
}
interface Part extends Bytes {
  readonly name: string;
  readonly filename?: string;
}

export interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly form?: Readonly<Record<string, string>>;
    readonly multipart?: readonly Part[];
    readonly body?: Bytes;
  };
  readonly response: Bytes & { readonly status: number; readonly headers: Readonly<Record<string, string>> };
}

/** The exchanges of one file of recordings, by name. */
export function recorded(file: string): (name: string) => Exchange {
  const { exchanges } = JSON.parse(readFileSync(new URL(`../recordings/${file}.json`, import.meta.url), 'utf8')) as {
    exchanges: Exchange[];
  };
  return (name) => {
    const found = exchanges.find((exchange) => exchange.name === name);
    if (!found) throw new Error(`${file} has no exchange named ${name}`);
    return found;
  };
}

export const REPO = libraryId('0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0');

export const UNKNOWN_REPO = libraryId('ffffffff-ffff-4fff-8fff-ffffffffffff');

export const DEFAULT_REPO = libraryId('11111111-2222-4333-8444-555555555555');

export const TOKEN = '1234567890abcdef1234567890abcdef12345678';

export const SYNC_TOKEN = 'fedcba0987654321fedcba0987654321fedcba09';

export const hex = (digit: string): string => digit.repeat(40);

let made: Buffer = Buffer.alloc(0);

/** The bytes that the recordings call pseudo-random. */
export function pseudoRandom(length: number): Buffer {
  if (made.length < length) {
    const parts: Buffer[] = [];
    for (let i = 0; i * 32 < length; i += 1) parts.push(createHash('sha256').update(`big:${i}`).digest());
    made = Buffer.concat(parts);
  }
  return made.subarray(0, length);
}

/** A slice of the pseudo-random bytes: the recordings give its hash, and one starts where the other ends. */
function recordedSlice({ length, sha1 }: { readonly length: number; readonly sha1?: string }): Buffer {
  for (const start of [0, length]) {
    const slice = pseudoRandom(start + length).subarray(start);
    if (sha1 === undefined || createHash('sha1').update(slice).digest('hex') === sha1) return slice;
  }
  throw new Error(`no slice of ${length} bytes has the hash ${sha1}`);
}

/** One request that the client is expected to make, and what it gets. */
export interface Expected {
  readonly exchange: Exchange;
  /** Where this client asks in other words than the recording's: compared instead of the recorded ones. */
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/**
 * A server that plays recorded exchanges in the order they are expected in, and notes every difference between the
 * request it got and the recorded one.
 */
export class ReplayServer {
  readonly differences: string[] = [];
  readonly #queue: Expected[] = [];
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => {
        this.differences.push(String(error));
        response.writeHead(599).end();
      },
    );
  });
  #values: Record<string, string> = {};

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    const seahub = `http://127.0.0.1:${port}`;
    const fileServer = `${seahub}/fs`;
    this.#values = {
      SEAHUB: seahub,
      FILESERVER: fileServer,
      TOKEN_SVC: TOKEN,
      TOKEN_ALICE: TOKEN,
      TOKEN_QUOTA: TOKEN,
      SYNC_TOKEN,
      SHARED_SYNC: SYNC_TOKEN,
      REPO,
      UNKNOWN_REPO,
      DEFAULT_REPO,
      QREPO: '33333333-2222-4333-8444-555555555555',
      SHARED_REPO: '22222222-2222-4333-8444-555555555555',
      UPLOAD_X: `${fileServer}/upload-api/link-x`,
      UPLOAD_ROOT: `${fileServer}/upload-api/link-root`,
      UPDATE: `${fileServer}/update-api/link-u`,
      QUP: `${fileServer}/upload-api/link-q`,
      ONCE: `${fileServer}/files/link-once/f.txt`,
      REUSE: `${fileServer}/files/link-reuse/f.txt`,
      EMPTY: `${fileServer}/files/link-empty/empty.txt`,
      RAWBLKS: `${fileServer}/upload-raw-blks-api/link-raw`,
      COMMITBLKS: `${fileServer}/upload-blks-api/link-commit`,
      // SHA-1 of the two halves of 3,000,000 pseudo-random bytes.
      BLOCK1: '5f416e3426bd46e3a951d4e1c788a0417a915214',
      BLOCK2: '2dc2991bf8e5a2b954025321a7a22e6d9ec1d396',
      BIG_ID: '22e067fbd15f10df2696778df0a9479d866e2091',
      ROOT_OID: hex('0'),
      HEAD: hex('a'),
      ROOT: '8b72722c1c20e612c7173e6db3dcb5ebda82f07b',
      MERGED: hex('e'),
      NEW_COMMIT: hex('c'),
      COMMIT2: hex('d'),
      NEW_ROOT: hex('1'),
      NEW_FILE: hex('2'),
      NEW_BLOCK: hex('3'),
    };
    return this;
  }

  /** The value this run has for a name of the recordings, such as `REUSE`. */
  value(name: string): string {
    const value = this.#values[name];
    if (value === undefined) throw new Error(`the recordings' ${name} has no value here`);
    return value;
  }

  set(name: string, value: string): void {
    this.#values[name] = value;
  }

  expect(...expected: (Exchange | Expected)[]): this {
    this.#queue.push(...expected.map((one) => ('exchange' in one ? one : { exchange: one })));
    return this;
  }

  /** The path of a recorded request. */
  path(exchange: Exchange): string {
    return new URL(this.fill(exchange.request.url)).pathname;
  }

  /** Ends the test: what was expected and did not come is a difference. */
  async stop(): Promise<readonly string[]> {
    this.differences.push(...this.#queue.map(({ exchange }) => `was not asked: ${exchange.name}`));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    return this.differences;
  }

  /** A connection to this server that does not try twice. */
  connect(): Server {
    return new Server(this.value('SEAHUB'), { repeat: { attempts: 1 } });
  }

  /** The same, signed in with a token. */
  async signIn(): Promise<WebClient> {
    const waiting = this.#queue.splice(0);
    this.expect(recorded('01-account')('auth ping'));
    const client = new WebClient(await signIn(this.connect(), token(TOKEN)));
    this.#queue.push(...waiting);
    return client;
  }

  get fileServer(): { readonly url: URL; readonly transport: Server['transport'] } {
    return { url: new URL(`${this.value('FILESERVER')}/`), transport: this.connect().transport };
  }

  get syncToken(): Secret {
    return new Secret(SYNC_TOKEN);
  }

  /** Puts this run's values for the recordings' names. */
  fill(text: string): string {
    return text.replace(/\$\{(\w+)\}/g, (_, name: string) => this.value(name));
  }

  #bytes(source: Bytes): Buffer {
    if (source.text !== undefined) return Buffer.from(this.fill(source.text));
    if (source.json !== undefined) return Buffer.from(this.fill(JSON.stringify(source.json)));
    if (source.base64 !== undefined) return Buffer.from(source.base64, 'base64');
    if (source.pseudoRandom !== undefined) return recordedSlice(source.pseudoRandom);
    return Buffer.alloc(0);
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const expected = this.#queue.shift();
    if (!expected) throw new Error(`nothing more was expected, but came: ${request.method} ${request.url}`);
    this.#compare(expected, request, Buffer.concat(chunks));
    const { status, headers } = expected.exchange.response;
    const kept = Object.entries(headers).filter(([name]) => name !== 'content-length');
    return {
      status,
      headers: Object.fromEntries(
        kept.map(([name, value]) => [name, encodeURI(this.fill(value)).replace(/%20/g, ' ')]),
      ),
      body: this.#bytes(expected.exchange.response),
    };
  }

  #compare(expected: Expected, request: IncomingMessage, body: Buffer): void {
    const { exchange } = expected;
    const differ = (what: string, got: unknown, wanted: unknown): void => {
      if (JSON.stringify(got) !== JSON.stringify(wanted)) {
        this.differences.push(`${exchange.name}: ${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
      }
    };
    const sorted = (pairs: Iterable<readonly [string, string]>): unknown => Object.fromEntries([...pairs].sort());
    const url = new URL(request.url ?? '', this.value('SEAHUB'));
    const wanted = new URL(this.fill(exchange.request.url));
    differ('method', request.method, exchange.request.method);
    differ('path', url.pathname, expected.path ?? wanted.pathname);
    differ(
      'query',
      sorted(url.searchParams),
      sorted(expected.query ? Object.entries(expected.query) : wanted.searchParams),
    );
    for (const name of ['authorization', 'seafile-repo-token', 'range']) {
      const header = exchange.request.headers[name];
      differ(name, request.headers[name], header === undefined ? undefined : this.fill(header));
    }
    differ('accept-language', request.headers['accept-language'], 'en');
    const form = expected.form ?? exchange.request.form;
    if (form) {
      differ('content-type', request.headers['content-type'], 'application/x-www-form-urlencoded');
      const filled = Object.entries(form).map(([name, value]) => [name, this.fill(value)] as const);
      differ('form', sorted(new URLSearchParams(body.toString())), sorted(filled));
    } else if (exchange.request.multipart) {
      differ(
        'multipart',
        readMultipart(request.headers['content-type'] ?? '', body).map(digest),
        this.#parts(exchange.request.multipart),
      );
    } else {
      differ('body', body.toString('latin1'), this.#bytes(exchange.request.body ?? {}).toString('latin1'));
    }
  }

  #parts(parts: readonly Part[]): unknown {
    return parts.map((part) =>
      digest({ name: part.name, filename: part.filename && this.fill(part.filename), bytes: this.#bytes(part) }),
    );
  }
}

const digest = (part: { name: string; filename?: string | undefined; bytes: Buffer }): unknown => ({
  name: part.name,
  filename: part.filename,
  sha1: createHash('sha1').update(part.bytes).digest('hex'),
});

/** Reads a form in the way of the old file server: it finds the boundary anywhere and takes quoted names as they are. */
export function readMultipart(
  contentType: string,
  body: Buffer,
): { name: string; filename?: string | undefined; bytes: Buffer }[] {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1];
  if (!boundary) throw new Error(`no boundary in ${contentType}`);
  const pieces: Buffer[] = [];
  for (let start = body.indexOf(`--${boundary}`); start >= 0; ) {
    const end = body.indexOf(`--${boundary}`, start + 1);
    if (end < 0) break;
    pieces.push(body.subarray(start + boundary.length + 4, end - 2));
    start = end;
  }
  return pieces.map((piece) => {
    const headEnd = piece.indexOf('\r\n\r\n');
    const head = piece.subarray(0, headEnd).toString();
    return {
      name: /[; ]name="([^"]*)"/.exec(head)?.[1] ?? '',
      filename: /filename="([^"]*)"/.exec(head)?.[1],
      bytes: piece.subarray(headEnd + 4),
    };
  });
}
