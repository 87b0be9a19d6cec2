import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Libraries } from '../libraries/index.ts';
import {
  type Database,
  DataLock,
  diskFiles,
  LmdbDatabase,
  ObjectStore,
  openTables,
  TABLE_NAMES,
  type Tables,
} from '../storage/index.ts';

/** A data folder whose server does not run. */
export interface OfflineData {
  readonly objects: ObjectStore;
  readonly libraries: Libraries;
  readonly tables: Tables;
  readonly database: Database;
}

/**
 * Works on a data folder while no server does.
 *
 * @param now milliseconds since 1970
 * @throws when there is no data, or a server uses it
 */
export async function withData<Result>(
  folder: string,
  now: () => number,
  work: (data: OfflineData) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(join(folder, 'state'))) throw new Error(`${folder} holds no data of a server`);
  const lock = new DataLock(folder);
  try {
    const before = () => undefined;
    const database = new LmdbDatabase(join(folder, 'state'), TABLE_NAMES, { powerSafe: true, before });
    try {
      const objects = new ObjectStore(diskFiles, folder, { fsync: true });
      const tables = openTables(database);
      return await work({ objects, tables, database, libraries: new Libraries({ objects, database, tables, now }) });
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
