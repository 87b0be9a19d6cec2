import { createHash } from 'node:crypto';
import { decodeFrames, directoryId, hashCommit } from '../../src/seafile/objects/index.ts';
import { bytesOf } from './content.ts';
import type { Names } from './names.ts';
import type { Content, Recording } from './recording.ts';

/** Names that the recordings use without capturing them: ids of what the recording client made itself. */
export function deriveNames(names: Names, recordings: readonly Recording[]): void {
  names.set('UNKNOWN_REPO', '11111111-2222-4333-8444-555555555555');
  const body = (name: string): Content => {
    const found = recordings.flatMap((recording) => recording.exchanges).find((exchange) => exchange.name === name);
    if (!found?.request.body) throw new Error(`no recorded request "${name}" with a body`);
    return found.request.body;
  };
  const frames = (name: string): string[] => {
    return [...decodeFrames(bytesOf(body(name)) ?? Buffer.alloc(0))].map((frame) => frame.id);
  };
  // The two halves of the deterministic content.
  names.set('BLOCK1', '5f416e3426bd46e3a951d4e1c788a0417a915214');
  names.set('BLOCK2', '2dc2991bf8e5a2b954025321a7a22e6d9ec1d396');
  names.set(
    'NEW_BLOCK',
    createHash('sha1')
      .update(bytesOf(body('block: put')) ?? '')
      .digest('hex'),
  );
  const [file = '', root = ''] = frames('recv-fs');
  names.set('NEW_FILE', file);
  names.set('NEW_ROOT', root);
  const [root2 = ''] = frames('recv-fs for the second commit');
  names.set('NEW_ROOT2', root2);
  const commit = (name: string, rootId: string): string => {
    const text = body(name).text ?? '';
    const wire: unknown = JSON.parse(text);
    if (typeof wire !== 'object' || wire === null) throw new Error(`"${name}" holds no commit`);
    const { creator, creator_name, description, ctime } = wire as Record<string, unknown>; // Checked by use below.
    return hashCommit({
      rootId: directoryId(rootId),
      creator: String(creator),
      creatorName: String(creator_name),
      description: String(description),
      ctime: Number(ctime),
    });
  };
  names.set('NEW_COMMIT', commit('commit: put', root));
  names.set('COMMIT2', commit('second commit: put', root2));
}
