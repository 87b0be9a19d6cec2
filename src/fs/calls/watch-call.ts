import { andThen, type VolumeChange, type VolumeNode, type VolumeOperations } from '../../volume/index.ts';
import type { SystemCalls, WatchListener } from './calls.ts';
import { guarded } from './guarded.ts';
import type { Kernel } from './kernel.ts';

/** `watch`: the volume's changes, seen from a file or a directory, told as inotify's are told by Node. */
export function watchCall({ volume, walk }: Kernel): SystemCalls['watch'] {
  return (path, recursive, listener) =>
    guarded('watch', path, undefined, () =>
      andThen(walk.find(path), (node) => {
        volume.retain(node);
        const stop = volume.events.onChange((change) => tell(volume, node, recursive, change, listener));
        let watching = true;
        return () => {
          if (!watching) return;
          watching = false;
          stop();
          volume.forget(node, 1);
        };
      }),
    );
}

function tell(
  volume: VolumeOperations,
  watched: VolumeNode,
  recursive: boolean,
  change: VolumeChange,
  listener: WatchListener,
): void {
  const changed = changedPath(volume, change);
  const path = volume.pathOf(watched);
  const eventType = change.kind === 'entry' ? 'rename' : 'change';
  const isWatched = change.node?.id === watched.id;
  if (isWatched && changed !== null) {
    listener(eventType, changed.at(-1) ?? '');
    return;
  }
  if (changed === null || path === null || changed.length <= path.length) return;
  if (!path.every((name, index) => name === changed[index])) return;
  const relative = changed.slice(path.length);
  if (relative.length === 1 || recursive) listener(eventType, relative.join('/'));
}

/** Names from the root to what changed; null when it has no name any more. */
function changedPath(volume: VolumeOperations, change: VolumeChange): readonly string[] | null {
  if (change.kind !== 'entry') return volume.pathOf(change.node);
  const parent = volume.pathOf(change.parent);
  return parent === null ? null : [...parent, change.name];
}
