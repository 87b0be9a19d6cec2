import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryOf, MultipartError, type MultipartEvent, MultipartParser } from '../../src/server/multipart/parser.ts';

/** What a body was made of, with file data joined. */
type Part = { field: string; value: string } | { file: string; name: string; bytes: string };

function parse(body: Buffer, cuts: readonly number[] = [], boundary = 'B0undary'): Part[] {
  const parser = new MultipartParser(boundary);
  const parts: Part[] = [];
  let data: Buffer[] = [];
  let open: { file: string; name: string } | undefined;
  const take = (event: MultipartEvent): void => {
    if (event.kind === 'field') parts.push({ field: event.name, value: event.value });
    else if (event.kind === 'file') open = { file: event.filename, name: event.name };
    else if (event.kind === 'data') data.push(Buffer.from(event.bytes));
    else if (open) {
      parts.push({ ...open, bytes: Buffer.concat(data).toString('latin1') });
      data = [];
    }
  };
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (body.length + 1)), body.length])].sort((a, b) => a - b);
  edges.slice(1).forEach((end, index) => {
    for (const event of parser.push(body.subarray(edges[index], end))) take(event);
  });
  parser.end();
  return parts;
}

const field = (name: string, value: string): string =>
  `--B0undary\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (filename: string, value: string): string =>
  `--B0undary\r\nContent-Disposition: form-data; name="file"; filename=${filename}\r\nContent-Type: x/y\r\n\r\n${value}\r\n`;
const END = '--B0undary--\r\n';
const body = (...parts: string[]): Buffer => Buffer.from(parts.join('') + END);

describe('the multipart parser reads as the real file server does', () => {
  it('gives fields and files in the order they come', () => {
    expect(parse(body(file('"a.txt"', 'hello'), field('parent_dir', '/x')))).toEqual([
      { file: 'a.txt', name: 'file', bytes: 'hello' },
      { field: 'parent_dir', value: '/x' },
    ]);
  });

  it('takes empty files and empty fields', () => {
    expect(parse(body(file('"e"', ''), field('f', '')))).toEqual([
      { file: 'e', name: 'file', bytes: '' },
      { field: 'f', value: '' },
    ]);
  });

  it('keeps the last line of a field with CRLF, and a lone LF', () => {
    expect(parse(body(field('f', 'one\r\ntwo'), field('g', 'one\ntwo')))).toEqual([
      { field: 'f', value: 'two' },
      { field: 'g', value: 'one\ntwo' },
    ]);
  });

  it.each([
    ['"a%22b%20c.txt"', 'a%22b%20c.txt'],
    ['"a"b.txt"', 'a"b.txt'],
    ['"a;b.txt"', 'a;b.txt'],
    ['"k/l/m.txt"', 'm.txt'],
    ['"a\\"b.txt"', '"b.txt'],
    ['"ünï 中.txt"', 'ünï 中.txt'],
  ])('reads the file name %s as %s', (written, read) => {
    expect(parse(body(file(written, 'x')))).toEqual([{ file: read, name: 'file', bytes: 'x' }]);
  });

  it.each([
    ['a name without quotes', body(field('f', 'x')).toString().replace('name="f"', 'name=f')],
    ['a file name without quotes', body(file('a.txt', 'x')).toString()],
    ['the boundary inside the data', body(file('"a"', 'some --B0undary text')).toString()],
    ['the boundary at the start of a line with more behind it', body(file('"a"', 'x\r\n--B0undaryX')).toString()],
    ['a body that is cut short', body(file('"a"', 'x')).toString().slice(0, -6)],
    ['another boundary', '--other\r\n'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(Buffer.from(text))).toThrow(MultipartError);
  });

  it('refuses a file name that is not UTF-8', () => {
    const bytes = Buffer.from(body(file('"aXb"', 'x')).toString('latin1').replace('X', '\xff'), 'latin1');
    expect(() => parse(bytes)).toThrow(MultipartError);
  });

  it('does not depend on how the body is cut into pieces', () => {
    const content = fc.string({ unit: fc.constantFrom('\r', '\n', '-', 'B', '0', 'u', 'x', '--B0undar') });
    const parts = fc.array(fc.record({ isFile: fc.boolean(), content }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, fc.array(fc.nat(), { maxLength: 30 }), (wanted, cuts) => {
        const whole = body(
          ...wanted.map((part) => (part.isFile ? file('"f"', part.content) : field('n', part.content))),
        );
        expect(parse(whole, cuts)).toEqual(parse(whole));
        expect(parse(whole, cuts)).toEqual(
          wanted.map((part) =>
            part.isFile
              ? { file: 'f', name: 'file', bytes: part.content }
              : { field: 'n', value: part.content.split('\r\n').at(-1) },
          ),
        );
      }),
    );
  });

  it('finds the boundary in a Content-Type', () => {
    expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
    expect(boundaryOf('multipart/form-data; boundary="a b"; x=y')).toBe('a b');
    expect(() => boundaryOf('application/x-www-form-urlencoded')).toThrow(MultipartError);
  });
});
