const HEADER_BYTES = 16;
const HIGH_WORD = 2 ** 32;
const INVAL_INODE = 2;
const INVAL_ENTRY = 3;
const NAME_MAX_BYTES = 255;

/** Longest notification written here. */
const CAPACITY = HEADER_BYTES + 16 + 3 * NAME_MAX_BYTES + 1;

/**
 * Messages that tell the kernel to drop what it caches (fuse_notify_*_out behind a header whose `unique` is 0 and
 * whose error is the kind). Each call overwrites the message of the last.
 */
export class NotificationWriter {
  readonly message = Buffer.alloc(CAPACITY);

  /** A node's attributes. @returns bytes of the message */
  attributes(nodeId: number): number {
    // A negative offset means: no pages.
    return this.#inode(nodeId, -1);
  }

  /** A node's attributes and all its pages (a directory's: its cached listing). @returns bytes of the message */
  content(nodeId: number): number {
    return this.#inode(nodeId, 0);
  }

  /** What a name stands for, or that it does not exist. @returns bytes of the message */
  entry(parentId: number, name: string): number {
    const { message } = this;
    const nameBytes = message.write(name, HEADER_BYTES + 16, 'utf8');
    this.#u64(HEADER_BYTES, parentId);
    message.writeUInt32LE(nameBytes, HEADER_BYTES + 8);
    message.writeUInt32LE(0, HEADER_BYTES + 12);
    message[HEADER_BYTES + 16 + nameBytes] = 0;
    return this.#header(INVAL_ENTRY, 16 + nameBytes + 1);
  }

  #inode(nodeId: number, offset: number): number {
    this.#u64(HEADER_BYTES, nodeId);
    this.#u64(HEADER_BYTES + 8, offset);
    // Length 0: to the end.
    this.#u64(HEADER_BYTES + 16, 0);
    return this.#header(INVAL_INODE, 24);
  }

  #header(kind: number, bodyBytes: number): number {
    const length = HEADER_BYTES + bodyBytes;
    this.message.writeUInt32LE(length, 0);
    this.message.writeInt32LE(kind, 4);
    this.#u64(8, 0);
    return length;
  }

  #u64(offset: number, value: number): void {
    this.message.writeInt32LE(value | 0, offset);
    this.message.writeInt32LE(Math.floor(value / HIGH_WORD) | 0, offset + 4);
  }
}
