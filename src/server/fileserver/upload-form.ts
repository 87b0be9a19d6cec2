import type { FastifyRequest } from 'fastify';
import type { FileId } from '../../seafile/objects/index.ts';
import type { FileWriter } from '../libraries/index.ts';
import { boundaryOf, MultipartError, type MultipartEvent, MultipartParser } from '../multipart/parser.ts';
import type { BlockWriter } from '../storage/index.ts';
import { uploadError } from './answers.ts';
import { eachPiece } from './pieces.ts';

/** Where the bytes of one file part go. */
export interface PartSink {
  write(bytes: Buffer): Promise<void> | undefined;
  end(): Promise<void>;
  abort(): Promise<void>;
}

/** The fields of an upload; its files went to their sinks. */
export type UploadFields = ReadonlyMap<string, string>;

/**
 * Reads an upload's body while it arrives. Files go to the sinks that `open` makes; when anything fails, the sink that
 * is open is aborted.
 */
export async function readUpload(request: FastifyRequest, open: (filename: string) => PartSink): Promise<UploadFields> {
  const reader = new UploadReader(new MultipartParser(boundaryFrom(request)), open);
  try {
    await eachPiece(request.raw, (bytes) => reader.take(bytes));
    reader.end();
  } catch (error) {
    await reader.abort();
    throw error;
  }
  return reader.fields;
}

class UploadReader {
  readonly fields = new Map<string, string>();
  readonly #parser: MultipartParser;
  readonly #open: (filename: string) => PartSink;
  #sink: PartSink | undefined;

  constructor(parser: MultipartParser, open: (filename: string) => PartSink) {
    this.#parser = parser;
    this.#open = open;
  }

  take(bytes: Buffer): Promise<void> | undefined {
    // Stepped by hand: leaving a `for` loop in the middle ends a generator.
    const events = this.#parser.push(bytes);
    for (let step = events.next(); !step.done; step = events.next()) {
      const doing = this.#handle(step.value);
      if (doing) return this.#goOn(doing, events);
    }
    return undefined;
  }

  /** What is left of a piece after an event that takes time. */
  async #goOn(doing: Promise<void>, events: Generator<MultipartEvent>): Promise<void> {
    await doing;
    for (const event of events) await this.#handle(event);
  }

  #handle(event: MultipartEvent): Promise<void> | undefined {
    switch (event.kind) {
      case 'field':
        this.fields.set(event.name, event.value);
        return undefined;
      case 'file':
        this.#sink = event.name === 'file' ? this.#open(event.filename) : undefined;
        return undefined;
      case 'data':
        return this.#sink?.write(event.bytes);
      case 'file-end':
        return this.#endPart();
    }
  }

  async #endPart(): Promise<void> {
    await this.#sink?.end();
    this.#sink = undefined;
  }

  /** @throws MultipartError when the body was cut short */
  end(): void {
    this.#parser.end();
  }

  async abort(): Promise<void> {
    await this.#sink?.abort();
  }
}

function boundaryFrom(request: FastifyRequest): string {
  try {
    return boundaryOf(request.headers['content-type'] ?? '');
  } catch (error) {
    if (error instanceof MultipartError) throw uploadError(400, 'Wrong boundary in url');
    throw error;
  }
}

/** A file that an upload brought. */
export interface UploadedFile {
  readonly name: string;
  readonly id: FileId;
  readonly size: number;
}

/** A sink that stores a part as a file. */
export function fileSink(writer: FileWriter, save: (writer: FileWriter) => Promise<void>): PartSink {
  return { write: (bytes) => writer.write(bytes), end: () => save(writer), abort: () => writer.abort() };
}

/** A sink that stores a part as a block, if its name is its SHA-1 (seafile-api E.5). */
export function blockSink(writer: BlockWriter, id: string): PartSink {
  const hashed = writer.hashing();
  return {
    write: (bytes) => hashed.write(bytes),
    end: async () => {
      if (hashed.digest() !== id) {
        await hashed.abort();
        throw uploadError(500, 'Internal error');
      }
      await hashed.finish(id);
    },
    abort: () => hashed.abort(),
  };
}
