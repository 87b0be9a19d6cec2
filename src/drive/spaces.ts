import { deleteFolder, folderId, listFolder, makeFolder, SeafileError, type WebClient } from '../seafile/index.ts';
import { DriveError } from './errors.ts';
import { type FoundLibrary, findLibrary } from './libraries.ts';
import { absolutePath, formatSpace, parseSpace, type SpaceAddress } from './space-path.ts';

/** A space that was looked up: its library can be used and its folder exists. */
export interface SpacePlace {
  readonly address: SpaceAddress;
  readonly library: FoundLibrary;
}

/** Folders as spaces: finding, making, listing and removing them through the web API. */
export class SpaceFolders {
  readonly #web: WebClient;

  constructor(web: WebClient) {
    this.#web = web;
  }

  /**
   * @param path   a space, as `parseSpace` reads it
   * @param create makes what is missing: the default library, and every level of the folder
   * @throws DriveError `space-missing`, `not-a-folder`, and those of `parseSpace` and `findLibrary`
   */
  async find(
    path: string,
    { create, signal }: { readonly create: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<SpacePlace> {
    const address = parseSpace(path);
    const library = await findLibrary(this.#web, address.library, { create, signal });
    const place: SpacePlace = { address, library };
    try {
      await folderId(this.#web, library.id, absolutePath(address.folder), signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (!create) throw missing(place, error);
      await this.#make(place, signal);
    }
    return place;
  }

  /**
   * The spaces below a folder: one for each folder in it.
   *
   * @param path the folder, as `parseSpace` reads it; empty for the root of the default library
   */
  async list(path: string, signal?: AbortSignal): Promise<readonly string[]> {
    const address: SpaceAddress = path === '' ? { library: { kind: 'default' }, folder: [] } : parseSpace(path);
    const library = await findLibrary(this.#web, address.library, { create: false, signal });
    try {
      const listing = await listFolder(this.#web, library.id, absolutePath(address.folder), { signal });
      if (listing.kind === 'unchanged') return [];
      return listing.entries
        .filter((entry) => entry.kind === 'directory')
        .map(({ name }) => formatSpace({ library: address.library, folder: [...address.folder, name] }))
        .sort();
    } catch (error) {
      throw isMissing(error) ? missing({ address, library }, error) : error;
    }
  }

  /** Deletes a space's folder with everything in it. It stays in the library's history and trash. */
  async remove(path: string, signal?: AbortSignal): Promise<void> {
    const address = parseSpace(path);
    if (address.folder.length === 0) {
      throw new DriveError(
        'bad-input',
        `${path} is a whole library, which is not removed as a space: name a folder in it.`,
      );
    }
    const library = await findLibrary(this.#web, address.library, { create: false, signal });
    try {
      await deleteFolder(this.#web, library.id, absolutePath(address.folder), signal);
    } catch (error) {
      throw isMissing(error) ? missing({ address, library }, error) : error;
    }
  }

  async #make(place: SpacePlace, signal: AbortSignal | undefined): Promise<void> {
    const path = formatSpace(place.address);
    if (place.library.permission === 'r') {
      throw new DriveError(
        'not-permitted',
        `cannot create the space ${path}: the account may only read library ${JSON.stringify(place.library.name)}: ask its owner for write permission.`,
      );
    }
    try {
      await makeFolder(this.#web, place.library.id, absolutePath(place.address.folder), signal);
    } catch (error) {
      if (!(error instanceof SeafileError) || error.kind !== 'rejected') throw error;
      throw new DriveError(
        'not-a-folder',
        `cannot create the space ${path}: a file has its name or the name of a folder above it: choose another path.`,
        { cause: error },
      );
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof SeafileError && error.kind === 'not-found';
}

function missing({ address, library }: SpacePlace, cause: unknown): DriveError {
  const path = formatSpace(address);
  return new DriveError(
    'space-missing',
    `space ${path} does not exist in library ${JSON.stringify(library.name)}: create it with --create, seamount space create ${path}, or { create: true }.`,
    { cause },
  );
}
