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
  /** The sync protocol takes `Authorization` too (12). */
  readonly syncAuthorization: boolean;
  /** `PUT commit/HEAD` checks that the blocks of new files exist (446) and no collection ran meanwhile (409) (12). */
  readonly verifyBlocks: boolean;
  /** `head_commit_id` in `/api2/repos/{id}/` (12). */
  readonly headInDetail: boolean;
  /** GET `/seafhttp/repos/{id}/files/{path}` with an API token (12). */
  readonly directAccess: boolean;
  /** GET `/api2/repos/{id}/history/` does not fail (seafile-api J). */
  readonly oldHistoryWorks: boolean;
  /** Tickets for the notification server with an API token (12). */
  readonly notificationTicketByApi: boolean;
  /** More routes on `via-repo-token` (12). */
  readonly fullLibraryTokens: boolean;
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
    syncAuthorization: modern,
    verifyBlocks: modern,
    headInDetail: modern,
    directAccess: modern,
    oldHistoryWorks: modern,
    notificationTicketByApi: modern,
    fullLibraryTokens: modern,
  };
}
