import type { Commit, CommitId, SyncClient } from '../../seafile/index.ts';

const KEPT_COMMITS = 64;

/** Reads commits, each once: they are immutable. Keeps the last few. */
export class Commits {
  readonly #sync: Pick<SyncClient, 'commit'>;
  readonly #known = new Map<CommitId, Commit>();

  constructor(sync: Pick<SyncClient, 'commit'>) {
    this.#sync = sync;
  }

  async read(id: CommitId, signal?: AbortSignal): Promise<Commit> {
    const known = this.#known.get(id);
    if (known) return known;
    const commit = await this.#sync.commit(id, signal);
    this.add(commit);
    return commit;
  }

  add(commit: Commit): void {
    this.#known.set(commit.id, commit);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_COMMITS && oldest) this.#known.delete(oldest);
  }
}
