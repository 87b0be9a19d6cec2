import type { FastifyRequest } from 'fastify';
import type { FileId } from '../../seafile/objects/index.ts';
import type { FileWriter } from '../libraries/index.ts';
import { boundaryOf, MultipartError, MultipartParser } from '../multipart/parser.ts';
import type { BlockWriter } from '../storage/index.ts';
import { uploadError } from './answers.ts';

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
  const parser = new MultipartParser(boundaryFrom(request));
  const fields = new Map<string, string>();
  let sink: PartSink | undefined;
  try {
    for await (const bytes of request.raw) {
      for (const event of parser.push(bytes)) {
        if (event.kind === 'field') fields.set(event.name, event.value);
        else if (event.kind === 'file') sink = event.name === 'file' ? open(event.filename) : undefined;
        else if (event.kind === 'data') {
          const writing = sink?.write(event.bytes);
          if (writing) await writing;
        } else {
          await sink?.end();
          sink = undefined;
        }
      }
    }
    parser.end();
  } catch (error) {
    await sink?.abort();
    throw error;
  }
  return fields;
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
