import { LRUCache } from 'lru-cache';

/**
 * Keeps immutable objects by id, so that they are not fetched again: the uncompressed text of directory and file
 * objects. What is lost from it costs a request, nothing else.
 */
export interface ObjectStore {
  get(id: string): Uint8Array | undefined;
  put(id: string, text: Uint8Array): void;
}

/** What is kept when no store is given. */
const MEMORY_BYTES = 32 * 1024 * 1024;
/** What an entry costs beside its text. */
const ENTRY_BYTES = 200;

/** A store in memory that forgets what was not used for long. */
export function memoryObjectStore(maxBytes = MEMORY_BYTES): ObjectStore {
  const objects = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: (text) => text.byteLength + ENTRY_BYTES,
  });
  return { get: (id) => objects.get(id), put: (id, text) => void objects.set(id, text) };
}
