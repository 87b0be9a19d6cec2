import { boundaryOf, MultipartParser } from './parser.ts';

export { MultipartError } from './parser.ts';

/** Reads a small multipart form at once; files in it are given by their content as text. */
export function parseForm(contentType: string, body: Buffer): [name: string, value: string][] {
  const parser = new MultipartParser(boundaryOf(contentType));
  const fields: [string, string][] = [];
  let file: { name: string; pieces: Buffer[] } | undefined;
  for (const event of parser.push(body)) {
    if (event.kind === 'field') fields.push([event.name, event.value]);
    else if (event.kind === 'file') file = { name: event.name, pieces: [] };
    else if (event.kind === 'data') file?.pieces.push(event.bytes);
    else if (file) fields.push([file.name, Buffer.concat(file.pieces).toString('utf8')]);
  }
  parser.end();
  return fields;
}
