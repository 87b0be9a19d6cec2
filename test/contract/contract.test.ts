import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { RecordedClock } from './clock.ts';
import { expectRecorded } from './compare.ts';
import { deriveNames } from './derived.ts';
import { DIFFERENCES } from './differences.ts';
import { prepare, withoutEarlierRuns } from './earlier.ts';
import { Names } from './names.ts';
import { readRecording } from './recording.ts';
import { send } from './replay.ts';

const FILES = [
  '01-account',
  '02-libraries',
  '03-directories',
  '04-upload',
  '05-download',
  '06-rename-move-copy-delete',
  '07-block-upload',
  '08-sync-protocol',
  '09-sharing',
  '10-quota-and-removal',
];

/** Every recorded exchange with a real server, in order, against the embedded one. */
describe('the embedded server answers as the recorded server did', () => {
  const names = new Names();
  const clock = new RecordedClock();
  const files = FILES.map((name) => ({ name, recording: withoutEarlierRuns(readRecording(name)) }));
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer({
      memory: true,
      version: 10,
      fileServer: 'own-port',
      now: clock.now,
      // A receiver's change was not in the library yet when the recording client looked: it crosses at the end here.
      shareDelayMs: 3_600_000,
      accounts: [
        { email: 'svc@example.com', password: 'svc-pass-1' },
        { email: 'alice@example.com', password: 'alice-pass-1' },
        { email: 'quota@example.com', password: 'quota-pass-1', quota: 1_000_000 },
      ],
    });
    names.set('SEAHUB', server.url);
    names.set('FILESERVER', server.fileServer);
    deriveNames(
      names,
      files.map(({ recording }) => recording),
    );
    await prepare(server);
  });

  afterAll(() => server.close());

  for (const { name, recording } of files) {
    describe(`${name}: ${recording.about}`, () => {
      for (const exchange of recording.exchanges) {
        const difference = DIFFERENCES[exchange.name];
        const title = difference ? `${exchange.name}: otherwise, because ${difference.reason}` : exchange.name;
        it(title, async () => {
          clock.reach(exchange.name);
          const reply = await send(exchange, names);
          if (!difference) return expectRecorded(exchange, reply, names);
          difference.expect(reply);
          expect(reply.status).not.toBe(exchange.response.status);
          await difference.catchUp(names);
        });
      }
    });
  }
});
