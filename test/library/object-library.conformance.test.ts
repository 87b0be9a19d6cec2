import { type Connection, type Library, openLibrary } from '../../src/library/index.ts';
import { libraryId } from '../../src/seafile/index.ts';
import { libraryConformance, type Subject } from './conformance.ts';
import { type Layout, Site } from './connect.ts';

async function subject(layout: Layout, version: 10 | 12): Promise<Subject> {
  const site = await Site.start({ fileServer: layout, version });
  const connections: Record<'a' | 'b', Connection> = { a: await site.connect(), b: await site.connect() };
  return {
    newLibrary: () => site.newLibrary(connections.a),
    open: (library, process): Promise<Library> => openLibrary(connections[process], libraryId(library)),
    stop: () => site.stop(),
  };
}

libraryConformance('object library, file server below the server’s own URL', () => subject('prefixed', 10));
libraryConformance('object library, file server on a port of its own', () => subject('own-port', 12));
