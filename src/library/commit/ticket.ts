import { checkedName, type FileId, SeafileError } from '../../seafile/index.ts';
import type { Batch, CommitOutcome, DirectoryEdit } from '../batch.ts';
import type { PlannedFile } from '../blocks/index.ts';
import type { FrozenContent } from '../content.ts';

/** A batch that waits for its commit, and the caller who waits for it. */
export class Ticket {
  readonly batch: Batch;
  /** Staged contents of the batch, each once. */
  readonly contents: ReadonlySet<FrozenContent>;
  readonly planned = new Map<FrozenContent, PlannedFile>();
  readonly outcome: Promise<CommitOutcome>;
  announced = false;
  #settled = false;
  #resolve: (outcome: CommitOutcome) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  readonly #onSettled: (() => void)[] = [];

  constructor(batch: Batch, signal?: AbortSignal) {
    this.batch = batch;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal) {
      const abort = () =>
        this.fail(new SeafileError('aborted', 'The commit was cancelled.', { cause: signal.reason as unknown }));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      this.onSettled(() => signal.removeEventListener('abort', abort));
    }
    const contents = new Set<FrozenContent>();
    this.contents = contents;
    try {
      for (const content of contentsOf(batch.edit)) contents.add(content);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether the caller has an answer: a failure of its own, or a cancellation. Nothing more is done for it. */
  get settled(): boolean {
    return this.#settled;
  }

  get files(): Map<FrozenContent, FileId> {
    return new Map([...this.planned].map(([content, { object }]) => [content, object.id]));
  }

  onSettled(listener: () => void): void {
    if (this.#settled) listener();
    else this.#onSettled.push(listener);
  }

  succeed(outcome: CommitOutcome): void {
    this.#resolve(outcome);
    this.#settle();
  }

  fail(reason: unknown): void {
    this.#reject(reason);
    this.#settle();
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const listener of this.#onSettled) listener();
  }
}

/** @throws SeafileError `rejected` when a name is none: servers store names that no filesystem can show */
function* contentsOf(edit: DirectoryEdit): Generator<FrozenContent> {
  for (const [name, { now }] of edit.entries) {
    if (now) checkedName(name);
    if (now?.kind === 'file' && now.content.kind === 'staged') yield now.content;
    if (now?.kind === 'directory' && now.edit) yield* contentsOf(now.edit);
  }
}
