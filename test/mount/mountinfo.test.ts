import { describe, expect, it } from 'vitest';
import { parseMounts, readMounts, topMount } from '../../src/mount/mountinfo.ts';

const TEXT = `22 27 0:21 / /proc rw,relatime - proc proc rw
40 27 0:40 / /mnt/a rw,nosuid,nodev - fuse.seamount cloud.example:users/7a1c rw,user_id=0
41 27 8:17 /sub /mnt/with\\040blank rw shared:1 master:2 - ext4 /dev/sdb1 rw
42 40 0:41 / /mnt/a ro - fuse.seamount other\\054one ro
not a line of it
`;

describe('mountinfo', () => {
  const mounts = parseMounts(TEXT);

  it('is read with any number of optional fields', () => {
    expect(mounts.map(({ type, mountpoint }) => [type, mountpoint])).toEqual([
      ['proc', '/proc'],
      ['fuse.seamount', '/mnt/a'],
      ['ext4', '/mnt/with blank'],
      ['fuse.seamount', '/mnt/a'],
    ]);
  });

  it('tells device numbers', () => {
    expect(mounts[2]).toMatchObject({ major: 8, minor: 17, source: '/dev/sdb1' });
  });

  it('finds what lies on top', () => {
    expect(topMount(mounts, '/mnt/a')).toMatchObject({ minor: 41, source: 'other,one' });
    expect(topMount(mounts, '/mnt')).toBeNull();
  });

  it('is there on this system', () => {
    expect(topMount(readMounts(), '/proc')?.type).toBe('proc');
  });
});
