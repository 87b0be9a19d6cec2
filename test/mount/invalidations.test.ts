import { beforeEach, describe, expect, it } from 'vitest';
import { Invalidations } from '../../src/mount/invalidations.ts';
import { Lookups } from '../../src/mount/lookups.ts';
import type { VolumeChange, VolumeNode, VolumeOperations } from '../../src/volume/index.ts';

const root: VolumeNode = { id: 1, ino: 1, kind: 'directory' };
const known: VolumeNode = { id: 2, ino: 2, kind: 'file' };
const folder: VolumeNode = { id: 3, ino: 3, kind: 'directory' };
const unknown: VolumeNode = { id: 4, ino: 4, kind: 'file' };

/** What is sent, in words. */
class Recorder {
  readonly sent: string[] = [];
  readonly marks: number[] = [];

  notify(message: Uint8Array, length: number): void {
    const bytes = Buffer.from(message.subarray(0, length));
    const node = bytes.readBigUInt64LE(16);
    if (bytes.readInt32LE(4) === 3) {
      this.sent.push(`name ${bytes.subarray(32, length - 1)} in ${node}`);
    } else {
      this.sent.push(`${bytes.readBigInt64LE(24) < 0n ? 'attributes' : 'content'} of ${node}`);
    }
  }

  mark(marker: number): void {
    this.marks.push(marker);
  }
}

describe('invalidations', () => {
  let recorder: Recorder;
  let tell: (change: VolumeChange) => void;
  let invalidations: Invalidations;
  const turn = () => Promise.resolve();

  beforeEach(() => {
    recorder = new Recorder();
    const nodes = new Map([root, known, folder, unknown].map((node) => [node.id, node]));
    const events: VolumeOperations['events'] = {
      onChange: (listener) => {
        tell = listener;
        return () => {
          tell = () => {};
        };
      },
    };
    const parts = { events, node: (id: number) => nodes.get(id), retain: () => {}, forget: () => {} };
    // Of the volume, only these are used here.
    const volume = parts as unknown as VolumeOperations;
    const lookups = new Lookups(volume);
    lookups.add(known);
    lookups.add(folder);
    invalidations = new Invalidations(recorder, volume, lookups);
  });

  it('tell a name that changed and then the listing it is in', async () => {
    tell({ kind: 'entry', parent: folder, name: 'a', node: null, remote: true });
    await turn();
    expect(recorder.sent).toEqual(['name a in 3', 'content of 3']);
  });

  it('tell many names of a listing with one message for the listing', async () => {
    for (const name of ['a', 'b', 'a']) tell({ kind: 'entry', parent: root, name, node: null, remote: true });
    await turn();
    expect(recorder.sent).toEqual(['name a in 1', 'name b in 1', 'content of 1']);
  });

  it('tell that what lost a name has other attributes', async () => {
    tell({ kind: 'entry', parent: root, name: 'a', node: known, remote: false });
    await turn();
    expect(recorder.sent).toContain('attributes of 2');
  });

  it('tell attributes alone when content did not change', async () => {
    tell({ kind: 'attributes', node: known, remote: true });
    await turn();
    expect(recorder.sent).toEqual(['attributes of 2']);
  });

  it('tell content once, attributes with it', async () => {
    tell({ kind: 'content', node: known, remote: false });
    tell({ kind: 'attributes', node: known, remote: false });
    tell({ kind: 'content', node: known, remote: false });
    await turn();
    expect(recorder.sent).toEqual(['content of 2']);
  });

  it('say nothing of what the kernel does not know', async () => {
    tell({ kind: 'content', node: unknown, remote: true });
    tell({ kind: 'entry', parent: unknown, name: 'a', node: unknown, remote: true });
    await turn();
    expect(recorder.sent).toEqual([]);
  });

  it('say nothing of what the kernel asked for itself, but of what others did meanwhile', async () => {
    invalidations.answering = true;
    tell({ kind: 'content', node: known, remote: false });
    tell({ kind: 'entry', parent: root, name: 'theirs', node: null, remote: true });
    invalidations.answering = false;
    await turn();
    expect(recorder.sent).toEqual(['name theirs in 1', 'content of 1']);
  });

  it('keep back what concerns a node with an unanswered request, and nothing else', async () => {
    invalidations.hold([1, 2]);
    tell({ kind: 'entry', parent: root, name: 'a', node: null, remote: true });
    tell({ kind: 'content', node: known, remote: false });
    tell({ kind: 'entry', parent: folder, name: 'b', node: null, remote: true });
    await turn();
    expect(recorder.sent).toEqual(['name b in 3', 'content of 3']);
    invalidations.release([1, 2]);
    await turn();
    expect(recorder.sent.slice(2)).toEqual(['name a in 1', 'content of 1', 'content of 2']);
  });

  it('keep back until the last of several requests is answered', async () => {
    invalidations.hold([2]);
    invalidations.hold([2]);
    tell({ kind: 'content', node: known, remote: false });
    invalidations.release([2]);
    await turn();
    expect(recorder.sent).toEqual([]);
    invalidations.release([2]);
    await turn();
    expect(recorder.sent).toEqual(['content of 2']);
  });

  it('are settled when the notification thread has passed them', async () => {
    tell({ kind: 'content', node: known, remote: false });
    let settled = false;
    const waiting = invalidations.settled().then(() => {
      settled = true;
    });
    expect(recorder.sent).toEqual(['content of 2']);
    await turn();
    expect(settled).toBe(false);
    invalidations.reached(recorder.marks[0] ?? -1);
    await waiting;
  });

  it('are settled when the connection ends', async () => {
    const waiting = invalidations.settled();
    invalidations.close();
    await waiting;
    tell({ kind: 'content', node: known, remote: false });
    await turn();
    expect(recorder.sent).toEqual([]);
  });
});
