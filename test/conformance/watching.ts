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
      const told = new Set<string>();
      // The watching begins with the first question.
      let next = watcher.next();
      const changes = async (): Promise<void> => {
        await fs.promises.writeFile(`${dir}/gone`, 'x');
        await fs.promises.appendFile(`${dir}/there`, 'y');
        await fs.promises.unlink(`${dir}/gone`);
      };
      // A watcher may lose events between two questions: the changes are made until each was told.
      while (!(told.has('rename gone') && told.has('change there'))) {
        const [event] = await Promise.all([next, changes()]);
        if (!event.done) told.add(`${event.value.eventType} ${String(event.value.filename)}`);
        next = watcher.next();
      }
      await fs.promises.writeFile(`${dir}/end`, '');
      await next;
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
