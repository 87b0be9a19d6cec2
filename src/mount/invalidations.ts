import type { VolumeChange, VolumeOperations } from '../volume/index.ts';
import type { Lookups } from './lookups.ts';
import type { NativeChannel } from './native.ts';
import { NotificationWriter } from './protocol/notification.ts';

type Notifier = Pick<NativeChannel, 'notify' | 'mark'>;

/**
 * Tells the kernel what changed behind its back, so that it may cache everything else for as long as it likes.
 *
 * A change that the kernel itself asked for is not told: it knows. Changes are collected until the current turn is
 * over and sent to the channel's notification thread.
 *
 * An invalidation waits in the kernel while a request that locks the same directory or pages is unanswered, and holds
 * up all that come after it. What concerns a node with such a request is therefore kept back until the request is
 * answered. This also makes it the last word: an answer with the state before the change cannot overtake it.
 */
export class Invalidations {
  readonly #channel: Notifier;
  readonly #lookups: Lookups;
  readonly #writer = new NotificationWriter();
  readonly #stopListening: () => void;

  /** Names that changed, by the id of their directory. */
  readonly #entries = new Map<number, Set<string>>();
  readonly #contents = new Set<number>();
  readonly #attributes = new Set<number>();
  /** Unanswered requests by node. */
  readonly #busy = new Map<number, number>();
  #scheduled = false;

  #lastMarker = 0;
  readonly #waiting: { readonly marker: number; readonly resolve: () => void }[] = [];

  /**
   * Set around the synchronous part of each request: changes that the volume tells meanwhile are the request's own.
   * What an operation changes later, after it had to wait, is told like any other change; that is superfluous but never
   * wrong, as it is sent after the answer.
   */
  answering = false;

  constructor(channel: Notifier, volume: VolumeOperations, lookups: Lookups) {
    this.#channel = channel;
    this.#lookups = lookups;
    this.#stopListening = volume.events.onChange((change) => this.#onChange(change));
  }

  /** The pages that the kernel has of a node are not its content. */
  contentOf(nodeId: number): void {
    this.#contents.add(nodeId);
    this.#schedule();
  }

  /** What the kernel remembers under a name is not what it stands for. */
  nameIn(parentId: number, name: string): void {
    const names = this.#entries.get(parentId);
    if (names === undefined) this.#entries.set(parentId, new Set([name]));
    else names.add(name);
    this.#schedule();
  }

  /** A request on these nodes will be answered later. */
  hold(nodeIds: readonly number[]): void {
    for (const id of nodeIds) this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
  }

  /** It was answered. */
  release(nodeIds: readonly number[]): void {
    for (const id of nodeIds) {
      const count = this.#busy.get(id) ?? 0;
      if (count > 1) this.#busy.set(id, count - 1);
      else this.#busy.delete(id);
    }
    if (this.#entries.size > 0 || this.#contents.size > 0) this.#schedule();
  }

  /** Waits until the kernel was told all changes up to now, except those kept back behind unanswered requests. */
  settled(): Promise<void> {
    this.#send();
    this.#lastMarker++;
    this.#channel.mark(this.#lastMarker);
    return new Promise((resolve) => this.#waiting.push({ marker: this.#lastMarker, resolve }));
  }

  /** The notification thread passed a marker. */
  reached(marker: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].marker <= marker) this.#waiting.shift()?.resolve();
  }

  /** The connection is over. */
  close(): void {
    this.#stopListening();
    this.reached(this.#lastMarker);
  }

  #onChange(change: VolumeChange): void {
    if (this.answering && !change.remote) return;
    if (change.kind !== 'entry') {
      if (!this.#lookups.has(change.node.id)) return;
      (change.kind === 'content' ? this.#contents : this.#attributes).add(change.node.id);
      this.#schedule();
      return;
    }
    // A node that lost a name has another number of links now.
    if (change.node !== null && this.#lookups.has(change.node.id)) this.#attributes.add(change.node.id);
    if (this.#lookups.has(change.parent.id)) this.nameIn(change.parent.id, change.name);
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    for (const [parentId, names] of this.#entries) {
      if (this.#busy.has(parentId)) continue;
      for (const name of names) this.#notify(this.#writer.entry(parentId, name), 0);
      // After the names: invalidating a name waits until a listing in progress has been put into the kernel's cache.
      this.#notify(this.#writer.content(parentId), 1);
      this.#entries.delete(parentId);
    }
    for (const id of this.#contents) {
      if (this.#busy.has(id)) continue;
      this.#notify(this.#writer.content(id), 1);
      this.#contents.delete(id);
      this.#attributes.delete(id);
    }
    for (const id of this.#attributes) this.#notify(this.#writer.attributes(id), 1);
    this.#attributes.clear();
  }

  #notify(length: number, retryAbsent: 0 | 1): void {
    this.#channel.notify(this.#writer.message, length, retryAbsent);
  }
}
