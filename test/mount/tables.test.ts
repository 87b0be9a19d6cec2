import { describe, expect, it } from 'vitest';
import { HandleTable } from '../../src/mount/handles.ts';
import { Listings } from '../../src/mount/listings.ts';
import { Lookups } from '../../src/mount/lookups.ts';
import type { VolumeNode, VolumeOperations } from '../../src/volume/index.ts';

describe('handles', () => {
  it('are found until they are removed', () => {
    const table = new HandleTable<string>();
    const a = table.add('a');
    const b = table.add('b');
    expect([table.get(a), table.get(b), table.size]).toEqual(['a', 'b', 2]);
    expect(table.remove(a)).toBe('a');
    expect(() => table.get(a)).toThrow('EBADF');
    expect(table.size).toBe(1);
  });

  it('are used again', () => {
    const table = new HandleTable<string>();
    const first = table.add('a');
    table.remove(first);
    expect(table.add('b')).toBe(first);
  });

  it('are all given back at the end', () => {
    const table = new HandleTable<string>();
    table.remove(table.add('a'));
    table.add('b');
    table.add('c');
    expect(table.clear()).toEqual(['b', 'c']);
    expect(table.size).toBe(0);
  });
});

describe('nodes that the kernel knows', () => {
  const node: VolumeNode = { id: 7, ino: 7, kind: 'file' };

  function volume() {
    let held = 0;
    const parts = {
      node: (id: number) => (id === node.id ? node : undefined),
      retain: () => {
        held++;
      },
      forget: (_: VolumeNode, count: number) => {
        held -= count;
      },
    };
    // Of the volume, only these are used here.
    return { lookups: new Lookups(parts as unknown as VolumeOperations), held: () => held };
  }

  it('are held once, until as much is forgotten as was told', () => {
    const { lookups, held } = volume();
    for (let i = 0; i < 3; i++) lookups.add(node);
    expect(held()).toBe(1);
    lookups.forget(7, 2);
    expect([lookups.has(7), held()]).toEqual([true, 1]);
    lookups.forget(7, 1);
    expect([lookups.has(7), held()]).toEqual([false, 0]);
  });

  it('are all let go at the end', () => {
    const { lookups, held } = volume();
    lookups.add(node);
    lookups.add(node);
    lookups.clear();
    expect([lookups.size, held()]).toEqual([0, 0]);
  });

  it('include the root, uncounted', () => {
    const { lookups, held } = volume();
    lookups.add({ id: 1, ino: 1, kind: 'directory' });
    lookups.forget(1, 5);
    expect([lookups.has(1), lookups.size, held()]).toEqual([true, 0, 0]);
  });
});

describe('listings', () => {
  it('are remembered for the directories read last', () => {
    const listings = new Listings();
    for (let id = 0; id < 65; id++) listings.remember(id, []);
    expect(listings.get(0)).toBeNull();
    expect(listings.get(1)).toEqual([]);
    expect(listings.get(64)).toEqual([]);
  });
});
