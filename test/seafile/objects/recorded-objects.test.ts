import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  decodeCommit,
  decodeDirectory,
  decodeEntries,
  decodeFile,
  directoryId,
  encodeCommit,
  encodeDirectory,
  encodeFile,
  fileId,
  hashCommit,
} from '../../../src/seafile/objects/index.ts';

interface RecordedTreeObject {
  readonly kind: 'fs';
  readonly id: string;
  readonly stored: string;
  readonly text?: string;
  readonly json: { readonly type: number };
}
interface RecordedCommit {
  readonly kind: 'commit';
  readonly id: string;
  readonly base64: string;
}

const { objects } = JSON.parse(readFileSync(new URL('../../recordings/objects.json', import.meta.url), 'utf8')) as {
  objects: (RecordedTreeObject | RecordedCommit)[];
};

const trees = objects.filter((object): object is RecordedTreeObject => object.kind === 'fs');
const directories = trees.filter(({ json }) => json.type === 3);
const files = trees.filter(({ json }) => json.type === 1);
const commits = objects.filter((object): object is RecordedCommit => object.kind === 'commit');

const stored = (object: RecordedTreeObject): Buffer => inflateSync(Buffer.from(object.stored, 'base64'));

describe('objects that a real server stored', () => {
  it('are of all three kinds', () => {
    expect(directories.length).toBeGreaterThan(0);
    expect(files.length).toBeGreaterThan(0);
    expect(commits.length).toBeGreaterThan(0);
    expect(directories.length + files.length).toBe(trees.length);
  });

  it.each(trees)('$id is the SHA-1 of its text', (object) => {
    expect(createHash('sha1').update(stored(object)).digest('hex')).toBe(object.id);
  });

  it.each(directories)('directory $id is encoded again to the same bytes', (object) => {
    const text = stored(object);
    const encoded = encodeDirectory(decodeEntries(text));
    expect(Buffer.from(encoded.text).toString()).toBe(text.toString());
    expect(encoded.id).toBe(object.id);
  });

  it.each(directories)('directory $id is encoded the same whatever the order of its entries', (object) => {
    expect(encodeDirectory(decodeEntries(stored(object)).reverse()).id).toBe(object.id);
  });

  it.each(directories)('directory $id is indexed by name', (object) => {
    const directory = decodeDirectory(directoryId(object.id), stored(object));
    expect([...directory.entries.keys()]).toEqual(decodeEntries(stored(object)).map(({ name }) => name));
  });

  it.each(files)('file $id is encoded again to the same bytes', (object) => {
    const text = stored(object);
    const file = decodeFile(fileId(object.id), text);
    const encoded = encodeFile(file.blockIds, file.size);
    expect(Buffer.from(encoded.text).toString()).toBe(text.toString());
    expect(encoded.id).toBe(object.id);
  });

  it.each(commits)('commit $id has the hash of its fields, and keeps them all when encoded again', (object) => {
    const text = Buffer.from(object.base64, 'base64').toString();
    const commit = decodeCommit(text);
    expect(hashCommit(commit)).toBe(object.id);
    expect(commit.id).toBe(object.id);
    expect(JSON.parse(encodeCommit(commit))).toEqual(JSON.parse(text));
  });
});

describe('commits of the recorded exchanges', () => {
  const { exchanges } = JSON.parse(
    readFileSync(new URL('../../recordings/08-sync-protocol.json', import.meta.url), 'utf8'),
  ) as { exchanges: { name: string; response: { json?: Record<string, unknown> } }[] };
  const merge = exchanges.find(({ name }) => name === 'merge commit object')?.response.json;

  it('a merge keeps both parents and that it is one', () => {
    const text = JSON.stringify(merge)
      .replace(/\$\{REPO\}/g, '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0')
      .replace(/\$\{\w+\}/g, 'a'.repeat(40));
    const commit = decodeCommit(text);
    expect(commit.newMerge).toBe(true);
    expect(commit.secondParentId).toBe('a'.repeat(40));
    expect(JSON.parse(encodeCommit(commit))).toEqual(JSON.parse(text));
  });
});
