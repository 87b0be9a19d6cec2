import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockId,
  type Commit,
  commitId,
  type DirectoryEntry,
  decodeCommit,
  decodeEntries,
  decodeFile,
  decodeFrames,
  directoryId,
  type Entry,
  encodeCommit,
  encodeDirectory,
  encodeFile,
  encodeFrame,
  type FileEntry,
  fileId,
  hashCommit,
  libraryId,
  S_IFDIR,
  S_IFREG,
  sameEntry,
} from '../../../src/seafile/objects/index.ts';

const hex40 = fc.stringMatching(/^[0-9a-f]{40}$/);

/** Names with everything that JSON, sorting and terminals trip over. */
const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      '"',
      '\\',
      '\\u001f',
      '\u001f',
      '\u0000',
      '\n',
      '\u007f',
      '\u0085',
      '\u2028',
      'é',
      '\ue000',
      '\uffff',
      '😀',
      '中',
    ),
    minLength: 1,
    maxLength: 8,
  }),
);

const seconds = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const file: fc.Arbitrary<FileEntry> = fc.record({
  kind: fc.constant('file' as const),
  name,
  id: hex40.map(fileId),
  mode: fc.integer({ min: 0, max: 0o777 }).map((bits) => S_IFREG | bits),
  mtime: seconds,
  size: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  modifier: fc.string({ unit: 'binary' }),
});

const folder: fc.Arbitrary<DirectoryEntry> = fc.record({
  kind: fc.constant('directory' as const),
  name,
  id: hex40.map(directoryId),
  mode: fc.integer({ min: 0, max: 0o777 }).map((bits) => S_IFDIR | bits),
  mtime: seconds,
});

const entries: fc.Arbitrary<Entry[]> = fc.uniqueArray(fc.oneof(file, folder), {
  selector: (entry) => entry.name,
  maxLength: 20,
});

const byteOrder = (a: Entry, b: Entry): number => Buffer.compare(Buffer.from(b.name), Buffer.from(a.name));

describe('directory objects', () => {
  it('give back the entries they were made of, sorted descending by bytes', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const decoded = list.length === 0 ? [] : decodeEntries(encodeDirectory(list).text);
        expect(decoded).toEqual([...list].sort(byteOrder));
      }),
    );
  });

  it('have an id that does not depend on the order of the entries', () => {
    fc.assert(
      fc.property(
        entries.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(encodeDirectory(shuffled).id).toBe(encodeDirectory(list).id);
        },
      ),
    );
  });

  it('are JSON that others can read, with control characters in upper-case hex', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { text } = encodeDirectory(list);
        if (list.length === 0) return;
        const json = Buffer.from(text).toString();
        const parsed = JSON.parse(json) as { dirents: { name: string }[] };
        expect(parsed.dirents.map((dirent) => dirent.name)).toEqual(
          [...list].sort(byteOrder).map((entry) => entry.name),
        );
        // Nothing that is an escape, read from an even number of backslashes on, has a lower-case digit.
        expect(json.replace(/\\\\/g, '')).not.toMatch(/\\u00(?:[a-f].|.[a-f])/);
        // No raw control characters.
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
        expect(json).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });

  it.each([
    ['\u001f', '"\\u001F"'],
    ['\u0001', '"\\u0001"'],
    ['\b\f\n\r\t', '"\\b\\f\\n\\r\\t"'],
    ['\\u001f', '"\\\\u001f"'],
    ['\\\u001f', '"\\\\\\u001F"'],
    ['"/<>&', '"\\"/<>&"'],
    ['\u007f\u0085\u2028😀', '"\u007f\u0085\u2028😀"'],
  ])('write the name %j as the server does', (text, written) => {
    const entry: Entry = { kind: 'directory', name: text, id: directoryId('a'.repeat(40)), mode: S_IFDIR, mtime: 1 };
    expect(Buffer.from(encodeDirectory([entry]).text).toString()).toContain(`"name": ${written}}`);
  });

  it('keep duplicates that a server stored', () => {
    const dirent = `{"id": "${'a'.repeat(40)}", "mode": 16384, "mtime": 1, "name": "twice"}`;
    const text = Buffer.from(`{"dirents": [${dirent}, ${dirent}], "type": 3, "version": 1}`);
    expect(decodeEntries(text).map((entry) => entry.name)).toEqual(['twice', 'twice']);
  });

  it.each([
    '{"type": 1, "block_ids": [], "size": 0, "version": 1}',
    '{"type": 3, "version": 1}',
    '[]',
    '{"dirents": [{"id": "zz", "mode": 16384, "mtime": 1, "name": "x"}], "type": 3}',
  ])('are told from %s', (text) => {
    expect(() => decodeEntries(Buffer.from(text))).toThrow(TypeError);
  });

  it('are the same entry only when nothing differs', () => {
    fc.assert(
      fc.property(fc.oneof(file, folder), (entry) => {
        expect(sameEntry(entry, { ...entry })).toBe(true);
        expect(sameEntry(entry, { ...entry, mtime: entry.mtime + 1 })).toBe(false);
        expect(sameEntry(entry, { ...entry, name: `${entry.name}x` })).toBe(false);
        expect(sameEntry(entry, { ...entry, mode: entry.mode ^ 0o1 })).toBe(false);
      }),
    );
  });
});

describe('file objects', () => {
  it('give back blocks and size', () => {
    fc.assert(
      fc.property(fc.array(hex40.map(blockId), { minLength: 1 }), fc.nat(), (blockIds, size) => {
        const { id, text } = encodeFile(blockIds, size);
        expect(decodeFile(id, text)).toEqual({ id, blockIds, size });
        expect(createHash('sha1').update(text).digest('hex')).toBe(id);
      }),
    );
  });
});

describe('commits', () => {
  const commit: fc.Arbitrary<Commit> = fc
    .record({
      libraryId: fc.uuid().map(libraryId),
      rootId: hex40.map(directoryId),
      parentId: fc.option(hex40.map(commitId)),
      secondParentId: fc.option(hex40.map(commitId)),
      creatorName: fc.string({ unit: 'binary' }),
      creator: hex40,
      description: fc.string({ unit: 'binary' }),
      ctime: fc.integer({ min: 0, max: 2 ** 40 }),
      libraryName: fc.string(),
      libraryDescription: fc.string(),
    })
    .map((fields) => ({ ...fields, id: hashCommit(fields) }));

  it('give back their fields', () => {
    fc.assert(
      fc.property(commit, (made) => {
        expect(decodeCommit(encodeCommit(made))).toEqual(made);
      }),
    );
  });

  it('have the same id in the same second with the same text: the parent does not count', () => {
    fc.assert(
      fc.property(commit, hex40, (made, other) => {
        expect(hashCommit({ ...made })).toBe(made.id);
        expect(hashCommit({ ...made, ...{ parentId: commitId(other) } })).toBe(made.id);
        expect(hashCommit({ ...made, description: `${made.description}.` })).not.toBe(made.id);
      }),
    );
  });
});

describe('frames', () => {
  const frame = fc.record({ id: hex40, compressed: fc.uint8Array({ maxLength: 64 }) });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(frame), (frames) => {
        const read = [...decodeFrames(Buffer.concat(frames.map(encodeFrame)))];
        expect(read.map(({ id, compressed }) => ({ id, compressed: new Uint8Array(compressed) }))).toEqual(frames);
      }),
    );
  });

  it('are refused when the last one is cut short anywhere', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (one, cut) => {
        const bytes = encodeFrame(one);
        const short = bytes.subarray(0, 1 + (cut % (bytes.length - 1)));
        expect(() => [...decodeFrames(short)]).toThrow(RangeError);
      }),
    );
  });
});
