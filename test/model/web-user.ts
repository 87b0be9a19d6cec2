import {
  deleteFile,
  deleteFolder,
  downloadLink,
  type LibraryId,
  listFolder,
  makeFolder,
  SeafileError,
  uploadFile,
  uploadLink,
  type WebClient,
} from '../../src/seafile/index.ts';
import type { Ledger } from './ledger.ts';
import type { Step } from './operations.ts';
import { bytesOf } from './run.ts';

/** Somebody who changes a space in the browser: by the web API, on what the server has at that moment. */
export class WebUser {
  readonly #web: WebClient;
  readonly #library: LibraryId;
  readonly #root: string;

  constructor(web: WebClient, library: LibraryId, space: readonly string[]) {
    this.#web = web;
    this.#library = library;
    this.#root = `/${space.join('/')}`;
  }

  /** Does a step that a browser can do; others are left out, and so is what the server refuses. */
  async perform(step: Step, ledger: Ledger): Promise<void> {
    try {
      if (step.kind === 'mkdir') await makeFolder(this.#web, this.#library, this.#root + step.path);
      else if (step.kind === 'writeFile') await this.#upload(step.path, bytesOf(step.data), ledger);
      else if (step.kind === 'unlink' || step.kind === 'rmdir') await this.#remove(step.path, ledger);
    } catch (error) {
      if (!(error instanceof SeafileError) || !['not-found', 'rejected'].includes(error.kind)) throw error;
    }
  }

  async #upload(path: string, content: Uint8Array, ledger: Ledger): Promise<void> {
    const [folder, name] = split(path);
    const kind = await this.#kindOf(path);
    // The server would put the file in the folder's place.
    if (kind === 'directory') return;
    const before = kind === 'file' ? await this.#read(path) : null;
    const link = await uploadLink(this.#web, this.#library, this.#root + folder);
    const upload = { folder: this.#root + folder, name, content, replace: true };
    await uploadFile(this.#web.server.transport, link, upload);
    if (before !== null) ledger.took(before);
    ledger.wrote(content, `the web user at ${path}`);
  }

  async #remove(path: string, ledger: Ledger): Promise<void> {
    const kind = await this.#kindOf(path);
    if (kind === null) return;
    const taken = kind === 'file' ? [await this.#read(path)] : await this.#readAll(path);
    if (kind === 'file') await deleteFile(this.#web, this.#library, this.#root + path);
    else await deleteFolder(this.#web, this.#library, this.#root + path);
    for (const content of taken) ledger.took(content);
  }

  async #kindOf(path: string): Promise<'file' | 'directory' | null> {
    const [folder, name] = split(path);
    return (await this.#list(folder)).find((entry) => entry.name === name)?.kind ?? null;
  }

  async #list(folder: string) {
    const listing = await listFolder(this.#web, this.#library, this.#root + folder);
    return listing.kind === 'listing' ? listing.entries : [];
  }

  async #readAll(folder: string): Promise<Uint8Array[]> {
    const contents: Uint8Array[] = [];
    for (const { name, kind } of await this.#list(folder)) {
      const path = `${folder}/${name}`;
      if (kind === 'file') contents.push(await this.#read(path));
      else contents.push(...(await this.#readAll(path)));
    }
    return contents;
  }

  async #read(path: string): Promise<Uint8Array> {
    const { link } = await downloadLink(this.#web, this.#library, this.#root + path);
    return new Uint8Array(await (await fetch(link)).arrayBuffer());
  }
}

function split(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}
