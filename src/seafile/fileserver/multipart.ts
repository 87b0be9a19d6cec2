import { randomBytes } from 'node:crypto';
import { SeafileError } from '../errors.ts';

export interface MultipartField {
  readonly name: string;
  readonly value: string;
}

export interface MultipartFile {
  /** Stored as the entry's name; sent as raw UTF-8, which is all that both file servers understand. */
  readonly filename: string;
  readonly content: Uint8Array;
}

/** A body ready to be sent, and the header that goes with it. */
export interface MultipartBody {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Builds a form by hand, as the file server's parser wants it: every part quoted, names neither percent-encoded nor
 * given twice, and a boundary that occurs nowhere in the data, not even in the middle of a line (seafile-api E.2).
 *
 * @throws SeafileError `rejected` when a name or value cannot be written so that both file servers read it
 */
export function multipart(
  fields: readonly MultipartField[],
  files: readonly MultipartFile[],
  random: (bytes: number) => Buffer = randomBytes,
): MultipartBody {
  for (const { name, value } of fields) {
    if (/[\r\0]/.test(value)) throw unwritable(`the field ${name}`, value);
  }
  for (const { filename } of files) {
    if (/["\\/\r\n\0]/.test(filename)) throw unwritable('the file name', filename);
  }
  const boundary = unusedBoundary(fields, files, random);
  const parts: Uint8Array[] = [];
  for (const { name, value } of fields) {
    parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  }
  for (const { filename, content } of files) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
    parts.push(Buffer.from(head), content, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(parts) };
}

function unusedBoundary(
  fields: readonly MultipartField[],
  files: readonly MultipartFile[],
  random: (bytes: number) => Buffer,
): string {
  for (;;) {
    const boundary = `----seamount${random(24).toString('hex')}`;
    const used =
      fields.some(({ value }) => value.includes(boundary)) ||
      files.some(
        ({ filename, content }) =>
          filename.includes(boundary) ||
          Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(boundary),
      );
    if (!used) return boundary;
  }
}

function unwritable(what: string, text: string): SeafileError {
  return new SeafileError(
    'rejected',
    `Cannot upload: ${what} ${JSON.stringify(text)} holds a character that has no form both kinds of file server read.`,
  );
}
