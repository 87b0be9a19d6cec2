import { type LibraryId, listSharedFolders, SeafileError, type WebClient } from '../seafile/index.ts';
import type { Logger } from './logger.ts';

/**
 * Paths of the folders of a library that the account has shared (seafile-api I.1): a rename of one of them has to go
 * alone, or the server drops the share.
 *
 * @returns names from the library's root, for each folder
 */
export async function sharedFolders(
  web: WebClient,
  library: LibraryId,
  logger: Logger,
  signal?: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  try {
    const folders = await listSharedFolders(web, signal);
    return folders
      .filter((folder) => folder.library === library)
      .map(({ path }) => path.split('/').filter((name) => name !== ''));
  } catch (error) {
    if (
      !(error instanceof SeafileError) ||
      !['not-seafile', 'not-found', 'forbidden', 'rejected'].includes(error.kind)
    ) {
      throw error;
    }
    // A server without this call must not make every rename of a folder fail.
    logger.warn({ library }, `shares may be lost by renaming their folders: ${error.message}`);
    return [];
  }
}
