import { describeArguments } from './arguments.ts';
import { describeAttributes } from './attributes.ts';
import { describeCallbacks } from './callbacks.ts';
import { describeCopies } from './copies.ts';
import { describeDirectories } from './directories.ts';
import { describeFileHandles } from './file-handles.ts';
import { describeNames } from './names.ts';
import { describePathErrors } from './path-errors.ts';
import { describeStreams } from './streams.ts';
import type { SubjectSource } from './subject.ts';
import { describeSymbolicLinks } from './symbolic-links.ts';
import { describeWatching } from './watching.ts';
import { describeWholeFiles } from './whole-files.ts';

/**
 * What `node:fs` does, said once for every subject that is to do the same: Node's own module on a disk (which proves
 * the suite right), the fs-like module, and Node's module on a mount.
 */
export function describeConformance(source: SubjectSource): void {
  describePathErrors(source);
  describeWholeFiles(source);
  describeFileHandles(source);
  describeDirectories(source);
  describeNames(source);
  describeSymbolicLinks(source);
  describeAttributes(source);
  describeCopies(source);
  describeStreams(source);
  describeCallbacks(source);
  describeWatching(source);
  describeArguments(source);
}
