import { CliError, errnoOf } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { SpaceFiles } from './space-files.ts';

/** Where something goes that is moved or copied to `to`: into it, under its own name, when that is a folder. */
export async function targetIn(files: SpaceFiles, to: string, from: string): Promise<string> {
  const kind = await files.stat(to).then(
    (info) => info.kind,
    (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return null;
    },
  );
  if (kind !== 'directory') {
    if (!to.endsWith('/')) return to;
    throw new CliError(
      EXIT.notFound,
      `${to} is no folder: make it first (seamount mkdir), or leave the last slash out.`,
    );
  }
  return `${to.replace(/\/+$/, '')}/${lastName(from)}`;
}

function lastName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
