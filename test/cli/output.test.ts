import { describe, expect, test } from 'vitest';
import { formatBytes, formatMode, printable, table } from '../../src/cli/output.ts';
import { ProgressBar } from '../../src/cli/progress.ts';
import { Redactor } from '../../src/cli/redact.ts';
import { RecordingScreen } from './context.ts';

describe('output for people', () => {
  test('is aligned, right where numbers stand', () => {
    expect(
      table(
        ['NAME', '>SIZE', 'KIND'],
        [
          ['a', '5', 'file'],
          ['longer', '1000', ''],
        ],
      ),
    ).toEqual(['NAME    SIZE  KIND', 'a          5  file', 'longer  1000']);
  });

  test('says sizes and modes as people do', () => {
    expect([0, 1023, 1024, 1536, 10 * 1024 ** 3, 150 * 1024].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '10.0 GiB',
      '150 KiB',
    ]);
    expect(formatMode('directory', 0o755)).toBe('drwxr-xr-x');
    expect(formatMode('file', 0o640)).toBe('-rw-r-----');
  });

  test('escapes what could control a terminal', () => {
    expect(printable('a\u001b[31mb\nc\u202e')).toBe('a\\x1b[31mb\\x0ac\\u202e');
    expect(printable('Grüße 日本')).toBe('Grüße 日本');
  });
});

describe('a progress bar', () => {
  test('shows share, amount and speed on a terminal, within its width, and goes away', () => {
    const screen = new RecordingScreen();
    screen.isTTY = true;
    screen.columns = 70;
    let now = 0;
    const bar = new ProgressBar(screen, 'a-rather-long-name.bin', 4096, () => now);
    now = 1000;
    bar.advance(1024);
    expect(screen.text).toMatch(/^\r\[#{6}\.{18}\] {2}25% {2}1\.0 KiB of 4\.0 KiB {2}1\.0 KiB\/s/);
    expect(screen.text.replace('\x1b[K', '').length).toBeLessThanOrEqual(70);
    // Not drawn again before a tenth of a second.
    const before = screen.text;
    bar.advance(1024);
    expect(screen.text).toBe(before);
    bar.finish();
    expect(screen.text).toBe(`${before}\r\x1b[K`);
  });

  test('is silent where nobody looks', () => {
    const screen = new RecordingScreen();
    const bar = new ProgressBar(screen, 'x', 10, () => 1e6);
    bar.advance(10);
    bar.finish();
    expect(screen.text).toBe('');
  });
});

describe('what is shown', () => {
  test.each([
    ['authorization: Token 0123456789abcdef0123456789abcdef01234567', 'authorization: Token [secret]'],
    ['GET https://u:pw@host/x', 'GET https://[secret]@host/x'],
    ['http://h/seafhttp/files/0f1e2d3c-0f1e-0f1e-0f1e-0f1e2d3c4b5a/a.txt', 'http://h/seafhttp/files/[secret]/a.txt'],
    ['bearer eyJhbGciOi.eyJzdWIiOiIxMjM0.abc_def-', 'bearer [secret]'],
  ])('loses its secrets: %j', (text, clean) => {
    expect(new Redactor().redact(text)).toBe(clean);
  });
});
