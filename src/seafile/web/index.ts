/**
 * Seafile's web API, one file a topic, one function a call, as one account. Adds the token, checks paths before they
 * are sent and answers before they are believed; keeps nothing.
 */
export { type AccountInfo, accountInfo } from './account.ts';
export { type WebCall, WebClient } from './client.ts';
export {
  deleteFolder,
  folderId,
  type ListedEntry,
  type ListedFile,
  type ListedFolder,
  type Listing,
  listFolder,
  makeFolder,
} from './directories.ts';
export {
  type DownloadLink,
  deleteFile,
  downloadLink,
  type FileDetail,
  fileDetail,
  revisionLink,
  updateLink,
  uploadLink,
} from './files.ts';
export {
  createDefaultLibrary,
  createLibrary,
  defaultLibrary,
  deleteLibrary,
  type LibraryDetail,
  type LibrarySummary,
  libraryDetail,
  listLibraries,
  renameLibrary,
} from './libraries.ts';
export { checkedName, checkedPath } from './paths.ts';
export { ping, type ServerInfo, serverInfo } from './server.ts';
export {
  changeShare,
  listSharedFolders,
  listShares,
  type ReceivedShare,
  receivedShares,
  removeShare,
  type Share,
  type SharedFolder,
  type SharePermission,
  type ShareTarget,
  shareFolder,
} from './sharing.ts';
export { type SyncAccess, syncAccess, syncTokens } from './sync-access.ts';
export type { LibraryPermission } from './wire.ts';
