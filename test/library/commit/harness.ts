import { BlockSender } from '../../../src/library/blocks/index.ts';
import { type CommitSteps, Committer, type CommitterOptions } from '../../../src/library/commit/index.ts';
import { type Connection, type Library, openLibrary } from '../../../src/library/index.ts';
import {
  type BlockId,
  type Commit,
  decodeDirectory,
  type LibraryId,
  SyncClient,
  syncAccess,
} from '../../../src/seafile/index.ts';
import { Site } from '../connect.ts';
import { type Shape, shape } from '../edits.ts';

/** A committer whose steps a test can get in between, and another process that uses the same library. */
export class Harness {
  readonly site: Site;
  readonly sync: SyncClient;
  /** Steps that a test replaced. */
  readonly steps: Partial<CommitSteps & Pick<SyncClient, 'putBlock'>> = {};
  /** Names of the steps that were made, in order. */
  readonly made: string[] = [];
  readonly committer: Committer;
  readonly other: Library;
  #count = 0;

  private constructor(site: Site, sync: SyncClient, other: Library, options: Partial<CommitterOptions>) {
    this.site = site;
    this.sync = sync;
    this.other = other;
    const steps = new Proxy(sync, {
      get: (_, name: keyof Harness['steps']) => {
        const step = this.steps[name] ?? sync[name];
        if (typeof step !== 'function') return step;
        return (...parameters: unknown[]) => {
          this.made.push(name);
          return Reflect.apply(step, sync, parameters);
        };
      },
    });
    this.committer = new Committer({
      sync: steps,
      blocks: new BlockSender({ sync: steps, raw: null }),
      readDirectories: async (ids) => {
        const texts = await sync.packFs(ids);
        return new Map([...texts].map(([id, text]) => [id, decodeDirectory(id, text)]));
      },
      account: 'jo@example.org',
      device: { id: 'a'.repeat(40), name: 'test', version: '0.1.0' },
      now: () => Date.UTC(2026, 10, 22),
      unique: () => `number ${this.#count++}`,
      ...options,
    });
  }

  static async start(
    options: { readonly quota?: number; readonly committer?: Partial<CommitterOptions> } = {},
  ): Promise<Harness> {
    const site = await Site.start();
    const connection = await site.connect();
    const id = await site.newLibrary(connection);
    const access = await syncAccess(connection.web, id);
    const sync = new SyncClient({
      fileServer: await connection.fileServer(),
      library: id,
      token: access.token,
      device: connection.device,
    });
    return new Harness(site, sync, await Harness.#open(connection, id), options.committer ?? {});
  }

  static #open(connection: Connection, id: LibraryId): Promise<Library> {
    return openLibrary(connection, id);
  }

  /** The tree of the head. */
  async tree(): Promise<Shape> {
    return shape(this.other, (await this.other.head()).rootId);
  }

  /** Commits from the head back to the first, merged sides left out. */
  async history(): Promise<Commit[]> {
    const commits: Commit[] = [];
    for (let id: Commit['parentId'] = await this.sync.head(); id; id = commits.at(-1)?.parentId ?? null) {
      commits.push(await this.sync.commit(id));
    }
    return commits;
  }

  /** Does something right before the head is set for the first time: others were faster. */
  beforeSetHead(work: () => Promise<unknown>): void {
    let done = false;
    this.steps.setHead = async (id) => {
      if (!done) {
        done = true;
        await work();
      }
      await this.sync.setHead(id);
    };
  }

  /** Makes the first call of a step do something else. */
  once<Step extends 'setHead' | 'head' | 'checkBlocks'>(step: Step, instead: CommitSteps[Step]): void {
    this.steps[step] = ((...parameters: Parameters<CommitSteps[Step]>) => {
      delete this.steps[step];
      // Both have the parameters of this step.
      return Reflect.apply(instead, this.sync, parameters);
    }) as CommitSteps[Step];
  }

  async stop(): Promise<void> {
    await this.committer.close();
    await this.other.close();
    await this.site.stop();
  }
}

export function missingAll(ids: readonly BlockId[]): Promise<Set<BlockId>> {
  return Promise.resolve(new Set(ids));
}
