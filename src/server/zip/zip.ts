import { crc32 } from 'node:zlib';

/** An entry of an archive; a name that ends with a slash is a folder and has no content. */
export interface ZipEntry {
  /** Path inside the archive, without a leading slash. */
  readonly name: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content: AsyncIterable<Buffer>;
}

const UTF8_AND_DESCRIPTOR = 0x0808;
const VERSION_ZIP64 = 45;
const MAX_32 = 0xffffffff;

interface Written {
  readonly name: Buffer;
  readonly time: number;
  readonly crc: number;
  readonly size: bigint;
  readonly offset: bigint;
}

/**
 * Writes a ZIP archive as a stream: entries are stored uncompressed, sizes follow their data, and everything is ZIP64, so
 * that no size has to be known beforehand (APPNOTE 4.3, 4.5.3).
 */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let offset = 0n;
  for await (const entry of entries) {
    const name = Buffer.from(entry.name);
    const time = dosTime(entry.mtime);
    const start = offset;
    const header = localHeader(name, time);
    yield header;
    offset += BigInt(header.length);
    let crc = 0;
    let size = 0n;
    for await (const bytes of entry.content) {
      crc = crc32(bytes, crc);
      size += BigInt(bytes.length);
      yield bytes;
    }
    offset += size;
    const descriptor = Buffer.alloc(24);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(crc, 4);
    descriptor.writeBigUInt64LE(size, 8);
    descriptor.writeBigUInt64LE(size, 16);
    yield descriptor;
    offset += BigInt(descriptor.length);
    written.push({ name, time, crc, size, offset: start });
  }
  yield Buffer.concat(directory(written, offset));
}

/** Date and time as MS-DOS packs them, in UTC, in steps of two seconds. */
function dosTime(seconds: number): number {
  const time = new Date(Math.max(seconds, Date.UTC(1980) / 1000) * 1000);
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}

/** Both sizes say "see the ZIP64 field", and the field says "see behind the data". */
function localHeader(name: Buffer, time: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION_ZIP64, 4);
  header.writeUInt16LE(UTF8_AND_DESCRIPTOR, 6);
  header.writeUInt32LE(time, 10);
  header.writeUInt32LE(MAX_32, 18);
  header.writeUInt32LE(MAX_32, 22);
  header.writeUInt16LE(name.length, 26);
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(16, 2);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function directory(written: readonly Written[], start: bigint): Buffer[] {
  const records = written.map(directoryRecord);
  const length = records.reduce((sum, record) => sum + BigInt(record.length), 0n);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(VERSION_ZIP64, 12);
  end64.writeUInt16LE(VERSION_ZIP64, 14);
  end64.writeBigUInt64LE(BigInt(written.length), 24);
  end64.writeBigUInt64LE(BigInt(written.length), 32);
  end64.writeBigUInt64LE(length, 40);
  end64.writeBigUInt64LE(start, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(start + length, 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0xffff, 8);
  end.writeUInt16LE(0xffff, 10);
  end.writeUInt32LE(MAX_32, 12);
  end.writeUInt32LE(MAX_32, 16);
  return [...records, end64, locator, end];
}

function directoryRecord({ name, time, crc, size, offset }: Written): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  // Made on UNIX: the upper half of the external attributes is the mode.
  record.writeUInt16LE((3 << 8) | VERSION_ZIP64, 4);
  record.writeUInt16LE(VERSION_ZIP64, 6);
  record.writeUInt16LE(UTF8_AND_DESCRIPTOR, 8);
  record.writeUInt32LE(time, 12);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(MAX_32, 20);
  record.writeUInt32LE(MAX_32, 24);
  record.writeUInt16LE(name.length, 28);
  const isFolder = name.at(-1) === 0x2f;
  record.writeUInt32LE(((isFolder ? 0o40755 : 0o100644) << 16) >>> 0, 38);
  record.writeUInt32LE(MAX_32, 42);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(size, 4);
  extra.writeBigUInt64LE(size, 12);
  extra.writeBigUInt64LE(offset, 20);
  record.writeUInt16LE(extra.length, 30);
  return Buffer.concat([record, name, extra]);
}
