import { describe, expect, test } from 'vitest';
import { failureOf, seen, systemFailure } from './failures.ts';
import { freshDirectory, type SubjectSource } from './subject.ts';

/** `watch`, in both forms. How many events a change makes differs between systems; that they come, and what they name, does not. */
export function describeWatching(source: SubjectSource): void {
  describe('watch', () => {
    test('promises.watch tells changes in a directory', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/there`, 'x');
      const watcher = fs.promises.watch(dir)[Symbol.asyncIterator]();
      // The watching begins with the first question, and a watcher may lose events between two: so a change is made
      // until it is told.
      const untilTold = async (expected: string, change: () => Promise<void>): Promise<void> => {
        for (let told = ''; told !== expected; ) {
          const next = watcher.next();
          await change();
          const { value } = await next;
          told = `${value.eventType} ${String(value.filename)}`;
        }
      };
      await untilTold('rename gone', async () => {
        await fs.promises.writeFile(`${dir}/gone`, 'x');
        await fs.promises.unlink(`${dir}/gone`);
      });
      await untilTold('change there', () => fs.promises.appendFile(`${dir}/there`, 'y'));
      await watcher.return?.();
    });

    test('a signal ends promises.watch', async () => {
      const { fs, dir } = await freshDirectory(source);
      const controller = new AbortController();
      const watcher = fs.promises.watch(dir, { signal: controller.signal })[Symbol.asyncIterator]();
      const failure = failureOf(() => watcher.next());
      await fs.promises.stat(dir);
      controller.abort();
      expect(await failure).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    });

    test('fs.watch of a file, until it is closed', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const told = await new Promise<unknown[]>((resolve) => {
        const watcher = fs.watch(`${dir}/f`, (eventType, filename) => {
          watcher.close();
          watcher.on('close', () => resolve([eventType, filename, 'closed']));
        });
        fs.promises.appendFile(`${dir}/f`, 'y');
      });
      expect(told).toEqual(['change', 'f', 'closed']);
    });

    test('fs.watch of what is missing throws, and names it', async () => {
      const { fs, dir } = await freshDirectory(source);
      let error: unknown;
      try {
        const watcher = fs.watch(`${dir}/none`);
        // Where that takes a question to the server, the error comes as an event.
        error = await new Promise((resolve) => watcher.on('error', resolve));
      } catch (thrown) {
        error = thrown;
      }
      expect(seen(error)).toEqual(systemFailure('ENOENT', 'watch', `${dir}/none`));
      expect(error).toMatchObject({ filename: `${dir}/none` });
    });

    test('watchFile tells what changed, and what was before', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      let over = false;
      const sizes = await new Promise<number[]>((resolve) => {
        fs.watchFile(`${dir}/f`, { interval: 5 }, (current, previous) => {
          over = true;
          fs.unwatchFile(`${dir}/f`);
          resolve([current.size, previous.size]);
        });
        // The first look at the file may come after a change: so it is changed until one is told.
        const change = async (): Promise<void> => {
          await fs.promises.appendFile(`${dir}/f`, 'y');
          if (!over) setTimeout(change, 5);
        };
        void change();
      });
      expect(sizes[0]).toBeGreaterThan(sizes[1] ?? 0);
    });

    test('watchFile tells nothing but zeros of what is missing', async () => {
      const { fs, dir } = await freshDirectory(source);
      const [current, previous] = await new Promise<[{ nlink: number }, { nlink: number }]>((resolve) => {
        fs.watchFile(`${dir}/none`, { interval: 5 }, (...told) => {
          fs.unwatchFile(`${dir}/none`);
          resolve(told);
        });
      });
      expect([current.nlink, previous.nlink]).toEqual([0, 0]);
    });
  });
}
