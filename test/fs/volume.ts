import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLibrary } from '../../src/library/index.ts';
import { LocalStores, openVolume, type Volume } from '../../src/volume/index.ts';
import { Site } from '../library/connect.ts';

/** A volume of a server of its own; closing it closes both. */
export interface VolumeUnderTest {
  readonly volume: Volume;
  close(): Promise<void>;
}

/** Opens a new library as a volume. */
export async function openTestVolume(options: { readonly readOnly?: boolean } = {}): Promise<VolumeUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'seamount-fs-'));
  const site = await Site.start();
  const connection = await site.connect();
  const library = await openLibrary(connection, await site.newLibrary(connection));
  const stores = LocalStores.open(join(directory, 'stores'));
  const volume = await openVolume({ library, folder: [], stores, directory: join(directory, 'space'), ...options });
  return {
    volume,
    async close() {
      await volume.close();
      await stores.close();
      await site.stop();
      rmSync(directory, { recursive: true });
    },
  };
}
