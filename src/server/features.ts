/** What a server of one version does differently (seafile-api K). */
export interface Features {
  /** As `/api2/server-info/` tells it. */
  readonly version: string;
  /** The scheme `Bearer` is taken for API tokens (12). */
  readonly bearerApiTokens: boolean;
  /** `ETag: <file id>` on downloads (11). */
  readonly etag: boolean;
  /** The upload field `last_modify` (12). */
  readonly lastModify: boolean;
  /** Names and path components `..` are refused (11). */
  readonly refuseDotDot: boolean;
  /** The web application refuses new names with some emoji; uploads do not (12). */
  readonly refuseEmoji: boolean;
  /** The sync protocol takes `Authorization` too (12). */
  readonly syncAuthorization: boolean;
  /** `PUT commit/HEAD` checks that the blocks of new files exist (446) (12). */
  readonly verifyBlocks: boolean;
  /** A commit is refused when garbage was collected since its upload began (409) (12). */
  readonly refuseCollected: boolean;
  /** `head_commit_id` in `/api2/repos/{id}/` (12). */
  readonly headInDetail: boolean;
  /** GET `/seafhttp/repos/{id}/files/{path}` with an API token, and `/seafhttp/f/{token}` of a share link (12). */
  readonly directAccess: boolean;
  /** GET `/api2/repos/{id}/history/` does not fail (seafile-api J). */
  readonly oldHistoryWorks: boolean;
  /** Tickets for the notification server with an API token (12). */
  readonly notificationTicketByApi: boolean;
  /** More routes on `via-repo-token` (12). */
  readonly fullLibraryTokens: boolean;
  /** Several share links of one file or folder (11). */
  readonly severalShareLinks: boolean;
  /** `batch-delete-folders-item` (12). */
  readonly batchDeleteFolders: boolean;
  /** `trash2`, in pages (12). */
  readonly pagedTrash: boolean;
}

export type ServerVersion = 10 | 12;

export function featuresOf(version: ServerVersion): Features {
  const modern = version >= 12;
  return {
    version: modern ? '12.0.14' : '10.0.1',
    bearerApiTokens: modern,
    etag: modern,
    lastModify: modern,
    refuseDotDot: modern,
    refuseEmoji: modern,
    syncAuthorization: modern,
    verifyBlocks: modern,
    refuseCollected: modern,
    headInDetail: modern,
    directAccess: modern,
    oldHistoryWorks: modern,
    notificationTicketByApi: modern,
    fullLibraryTokens: modern,
    severalShareLinks: modern,
    batchDeleteFolders: modern,
    pagedTrash: modern,
  };
}
