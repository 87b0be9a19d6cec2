import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace({ uid: 1234, gid: 2345, source: 'cloud.example:users/a b' });
});
afterAll(() => space.close());

describe('attributes in a mount', () => {
  it('are the mode that was asked for, less the umask', async () => {
    const script =
      'umask 027; touch made; mkdir folder; python3 -c "import os; os.open(\'exact\', os.O_CREAT, 0o777)"; stat -c %a made folder exact';
    expect(await space.sh(script)).toBe('640\n750\n750');
  });

  it('are changed by chmod, in nine bits', async () => {
    expect(await space.sh('touch mode; chmod 705 mode; stat -c %a mode; chmod a-rwx mode; stat -c %a mode')).toBe(
      '705\n0',
    );
    await expect(space.sh('chmod u+s mode')).rejects.toThrow('Operation not permitted');
  });

  it('name one owner for all, who cannot be changed', async () => {
    expect(await space.sh('touch mine; stat -c %u:%g mine .; chown 1234:2345 mine')).toBe('1234:2345\n1234:2345');
    await expect(space.sh('chown 0 mine')).rejects.toThrow('Operation not permitted');
  });

  it('keep times: each for itself, before 1970 too, to the nanosecond', async () => {
    const program = `
import os
open('times', 'w').close()
show = lambda: print(os.stat('times').st_atime_ns, os.stat('times').st_mtime_ns)
os.utime('times', ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321)); show()
os.utime('times', ns=(-1, -1_500_000_000)); show()`;
    expect(await space.python(program)).toBe('1600000000123456789 1500000000987654321\n-1 -1500000000');
  });

  it('leave a time alone that is not to be set, and set now what is', async () => {
    const script = `touch -d @1000 t; touch -a -d @2000 t; stat -c '%X %Y' t; touch -m -d @3000 t; stat -c '%X %Y' t
      touch t; test $(( $(date +%s) - $(stat -c %Y t) )) -lt 10`;
    expect(await space.sh(script)).toBe('2000 1000\n2000 3000');
  });

  it('move on when content or names change', async () => {
    const script = `
      mkdir moving; touch moving/f; touch -d @1000 moving moving/f
      echo more >> moving/f; touch moving/g
      test $(stat -c %Y moving/f) -gt 1000; test $(stat -c %Y moving) -gt 1000; stat -c %s moving/f`;
    expect(await space.sh(script)).toBe('5');
  });

  it('show blocks as the size needs them', async () => {
    expect(await space.sh('head -c 1025 /dev/zero > sized; stat -c "%s %b %B" sized')).toBe('1025 3 512');
  });

  it('show the filesystem as it was named, and its free space', async () => {
    expect(await space.sh('findmnt -no SOURCE,FSTYPE -T . || true')).toMatch(/users\/a.*b.* +fuse\.seamount/);
    expect(await space.sh('stat -f -c "%l" .; test $(stat -f -c %a .) -gt 0')).toBe('255');
    expect(await space.sh('grep " $(pwd) " /proc/mounts')).toMatch(/nosuid,nodev/);
  });
});
