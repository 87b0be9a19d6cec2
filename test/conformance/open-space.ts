import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type OpenOptions, type OpenVolume, password } from '../../src/drive/index.ts';
import { startServer } from '../../src/server/index.ts';

/** A space of a server of its own, open; closing it closes both. */
export interface OpenSpace {
  readonly volume: OpenVolume;
  close(): Promise<void>;
}

/** Starts a server in memory and opens an empty space on it. */
export async function openSpace(options: OpenOptions = {}): Promise<OpenSpace> {
  const account = { email: 'service@example.org', password: 'secret' };
  const cache = mkdtempSync(join(tmpdir(), 'seamount-conformance-'));
  const server = await startServer({ memory: true, accounts: [account] });
  const drive = await connect({ server: server.url, auth: password(account.email, account.password), cache });
  const space = await drive.space('conformance', { create: true });
  const volume = await space.open(options);
  return {
    volume,
    async close() {
      await volume.close();
      await drive.close();
      await server.close();
      rmSync(cache, { recursive: true });
    },
  };
}
