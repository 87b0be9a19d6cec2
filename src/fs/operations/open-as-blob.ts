import type { PathLike } from 'node:fs';
import { andThen } from '../../volume/index.ts';
import { objectArgument, stringArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { Prepared } from './prepared.ts';
import { readFile } from './read-file.ts';

/** A file's content as a Blob. It is the content of now: Node's reads later, and fails when the file has changed. */
export function openAsBlob(path: PathLike, options: unknown = {}): Prepared<Blob> {
  const { type } = objectArgument(options, 'options');
  const mediaType = stringArgument(type || '', 'options.type');
  const read = readFile(pathArgument(path));
  return (calls) => andThen(read(calls), (content) => new Blob([content], { type: mediaType }));
}
