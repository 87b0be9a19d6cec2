import { z } from 'zod';
import { commitId, directoryId, fileId, type LibraryId, libraryId } from '../objects/index.ts';

/** Ids as the web API tells them. */
const objectId = z.string().regex(/^[0-9a-f]{40}$/, 'not an id');
export const directoryIdOnWire = objectId.transform((text) => directoryId(text));
export const fileIdOnWire = objectId.transform((text) => fileId(text));
export const commitIdOnWire = objectId.transform((text) => commitId(text));
export const libraryIdOnWire = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'not the id of a library')
  .transform((text): LibraryId => libraryId(text));

/** What an account may do in a library. `restricted`: less than reading freely (previews, online editing only). */
export type LibraryPermission = 'r' | 'rw' | 'restricted';

/** Permissions as the web API tells them; editions add values of their own (seafile-api 0.6). */
export const permissionOnWire = z
  .string()
  .transform(
    (text): LibraryPermission => (text === 'admin' ? 'rw' : text === 'r' || text === 'rw' ? text : 'restricted'),
  );
