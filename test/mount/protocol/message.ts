/** Builds a message as the kernel lays it out, field by field. */
export class Message {
  readonly #parts: Buffer[] = [];

  u16(value: number): this {
    const part = Buffer.alloc(2);
    part.writeUInt16LE(value);
    return this.#add(part);
  }

  u32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value >>> 0);
    return this.#add(part);
  }

  u64(value: number | bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    return this.#add(part);
  }

  /** A name with its terminator. */
  name(name: string | Uint8Array): this {
    return this.#add(Buffer.concat([Buffer.from(name as Uint8Array), Buffer.of(0)]));
  }

  bytes(bytes: Uint8Array): this {
    return this.#add(Buffer.from(bytes));
  }

  get body(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #add(part: Buffer): this {
    this.#parts.push(part);
    return this;
  }
}

export interface RequestHeader {
  readonly opcode: number;
  readonly unique?: number | bigint;
  readonly nodeId?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly pid?: number;
}

/** A request with its struct fuse_in_header. */
export function requestBytes(header: RequestHeader, body: Buffer = Buffer.alloc(0)): Buffer {
  const { opcode, unique = 2, nodeId = 1, uid = 0, gid = 0, pid = 0 } = header;
  const fields = new Message()
    .u32(40 + body.length)
    .u32(opcode)
    .u64(unique)
    .u64(nodeId)
    .u32(uid)
    .u32(gid)
    .u32(pid)
    .u32(0);
  return Buffer.concat([fields.body, body]);
}
