/** What a multipart body consists of, in the order it arrives. */
export type MultipartEvent =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | { readonly kind: 'file'; readonly name: string; readonly filename: string }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'file-end' };

/** The body is not multipart as the real file server's parser understands it; answered with 400. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError';
}

const CRLF = Buffer.from('\r\n');
const MAX_HEADER_BYTES = 16 << 10;
const MAX_FIELD_BYTES = 64 << 20;
const MAX_PARTS = 10_000;

/**
 * Reads `multipart/form-data` piece by piece, with the rules of the real file server (seafile-api E.2):
 *
 * names and file names must stand in double quotes, are raw UTF-8 (no percent-decoding, `filename*` ignored), and a file
 * name is what stands between its first and last quote, without what precedes its last slash or backslash; a field that
 * contains CRLF keeps its last line only; and the boundary's text must not occur anywhere in the data.
 *
 * Memory is bounded: file data passes through in the pieces it arrives in.
 */
export class MultipartParser {
  readonly #boundary: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #state: 'start' | 'headers' | 'field' | 'file' | 'end' = 'start';
  #name = '';
  #field: Buffer[] = [];
  #fieldBytes = 0;
  #parts = 0;
  /** Whether the CRLF that ends the headers is still to be dropped. */
  #atStart = false;

  /** @param boundary text of the `boundary` parameter, without the leading dashes */
  constructor(boundary: string) {
    if (boundary === '') throw new MultipartError('no boundary');
    this.#boundary = Buffer.from(`--${boundary}`);
  }

  /** Takes the next bytes. @throws MultipartError */
  *push(bytes: Buffer): Generator<MultipartEvent> {
    const passing = this.#takePassing(bytes);
    if (passing) {
      yield* passing;
      return;
    }
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const before = this.#state;
      const length = this.#rest.length;
      switch (this.#state) {
        case 'start':
          this.#takeFirstBoundary();
          break;
        case 'headers': {
          const event = this.#takeHeaders();
          if (event) yield event;
          break;
        }
        case 'field':
        case 'file':
          yield* this.#takeContent();
          break;
        case 'end':
          this.#rest = this.#rest.subarray(this.#rest.length);
          return;
      }
      if (this.#state === before && this.#rest.length === length) return;
    }
  }

  /**
   * In the middle of a file: hands on what was held back and what came without copying it, unless a boundary may begin
   * in it. @returns undefined when it has to be looked at closely
   */
  #takePassing(bytes: Buffer): readonly MultipartEvent[] | undefined {
    const keep = this.#boundary.length + 1;
    if (this.#state !== 'file' || this.#atStart || this.#rest.length > keep || bytes.length <= 2 * keep)
      return undefined;
    const seam = Buffer.concat([this.#rest, bytes.subarray(0, keep)]);
    if (seam.includes(this.#boundary) || bytes.includes(this.#boundary)) return undefined;
    const before = this.#rest;
    const ready = bytes.length - keep;
    this.#rest = bytes.subarray(ready);
    const passing: MultipartEvent = { kind: 'data', bytes: bytes.subarray(0, ready) };
    return before.length === 0 ? [passing] : [{ kind: 'data', bytes: before }, passing];
  }

  /** To be called when the body has ended. @throws MultipartError when it was cut short */
  end(): void {
    if (this.#state !== 'end') throw new MultipartError('the body ends before its last boundary');
  }

  #takeFirstBoundary(): void {
    const line = this.#takeLine();
    if (line === undefined) return;
    if (line === this.#boundary.toString()) this.#state = 'headers';
    else if (line === `${this.#boundary}--`) this.#state = 'end';
    else throw new MultipartError('the body does not begin with its boundary');
  }

  /** @returns a whole line without its end, or undefined when there is none yet */
  #takeLine(): string | undefined {
    const end = this.#rest.indexOf(CRLF);
    if (end < 0) {
      if (this.#rest.length > MAX_HEADER_BYTES) throw new MultipartError('a header is too long');
      return undefined;
    }
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  #takeHeaders(): MultipartEvent | undefined {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#rest.length > MAX_HEADER_BYTES) throw new MultipartError('headers are too long');
      return undefined;
    }
    const headers = this.#rest.subarray(0, end);
    // The blank line's first CRLF stays: the boundary after an empty part needs one before it.
    this.#rest = this.#rest.subarray(end + 2);
    this.#parts += 1;
    if (this.#parts > MAX_PARTS) throw new MultipartError('too many parts');
    const { name, filename } = readDisposition(headers);
    this.#name = name;
    this.#atStart = true;
    if (filename === undefined) {
      this.#state = 'field';
      this.#field = [];
      this.#fieldBytes = 0;
      return undefined;
    }
    this.#state = 'file';
    return { kind: 'file', name, filename };
  }

  *#takeContent(): Generator<MultipartEvent> {
    const at = this.#rest.indexOf(this.#boundary);
    if (at < 0) {
      // Anything that could still become CRLF and a boundary is held back.
      const keep = this.#boundary.length + 1;
      const ready = this.#rest.length - keep;
      if (ready <= (this.#atStart ? 2 : 0)) return;
      const bytes = this.#dropStart(this.#rest.subarray(0, ready));
      this.#rest = this.#rest.subarray(ready);
      yield* this.#content(bytes);
      return;
    }
    if (at < 2 || this.#rest[at - 2] !== 0x0d || this.#rest[at - 1] !== 0x0a) {
      throw new MultipartError('the boundary occurs inside the data');
    }
    const after = at + this.#boundary.length;
    if (this.#rest.length < after + 2) return;
    const mark = this.#rest.toString('latin1', after, after + 2);
    if (mark !== '\r\n' && mark !== '--') throw new MultipartError('the boundary occurs inside the data');
    const bytes = this.#dropStart(this.#rest.subarray(0, Math.max(at - 2, this.#atStart ? 2 : 0)));
    this.#rest = this.#rest.subarray(after + 2);
    yield* this.#content(bytes);
    if (this.#state === 'file') yield { kind: 'file-end' };
    else yield { kind: 'field', name: this.#name, value: lastLine(Buffer.concat(this.#field).toString('utf8')) };
    this.#state = mark === '--' ? 'end' : 'headers';
  }

  #dropStart(bytes: Buffer): Buffer {
    if (!this.#atStart) return bytes;
    this.#atStart = false;
    return bytes.subarray(2);
  }

  *#content(bytes: Buffer): Generator<MultipartEvent> {
    if (bytes.length === 0) return;
    if (this.#state === 'file') {
      yield { kind: 'data', bytes };
      return;
    }
    this.#fieldBytes += bytes.length;
    if (this.#fieldBytes > MAX_FIELD_BYTES) throw new MultipartError('a field is too long');
    this.#field.push(bytes);
  }
}

function lastLine(text: string): string {
  const at = text.lastIndexOf('\r\n');
  return at < 0 ? text : text.slice(at + 2);
}

function readDisposition(headers: Buffer): { name: string; filename: string | undefined } {
  const text = headers.toString('utf8');
  if (Buffer.compare(Buffer.from(text), headers) !== 0) throw new MultipartError('a name is not UTF-8');
  const line = text.split('\r\n').find((header) => /^content-disposition:/i.test(header));
  if (line === undefined) throw new MultipartError('a part has no Content-Disposition');
  const name = /[;\s]name="([^"]*)"/i.exec(line)?.[1];
  if (name === undefined) throw new MultipartError('a part has no quoted name');
  const start = /[;\s]filename=/i.exec(line);
  if (!start) return { name, filename: undefined };
  const value = line.slice(start.index + start[0].length);
  const last = value.lastIndexOf('"');
  if (!value.startsWith('"') || last === 0) throw new MultipartError('a file name is not quoted');
  return { name, filename: value.slice(1, last).replace(/^.*[/\\]/s, '') };
}

/** @returns the boundary that a `Content-Type` header names */
export function boundaryOf(contentType: string): string {
  const found = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (!contentType.toLowerCase().startsWith('multipart/form-data') || !boundary) {
    throw new MultipartError('not multipart/form-data with a boundary');
  }
  return boundary;
}
