import type { Site } from './site.ts';
import type { LibraryRecord, ShareLinkRecord } from './storage/index.ts';

/** A share link that leads somewhere. */
export interface LivingLink {
  readonly record: ShareLinkRecord;
  readonly library: LibraryRecord;
}

export const isExpired = (site: Site, record: ShareLinkRecord): boolean =>
  record.expires !== null && record.expires <= site.libraries.now();

/** @returns undefined when there is no such link, it has expired, or its owner may not read the library any more */
export function livingLink(site: Site, token: string): LivingLink | undefined {
  const record = site.tables.shareLinks.get(token);
  const library = record && site.libraries.find(record.library);
  if (!record || !library || isExpired(site, record)) return undefined;
  return site.access.permission(record.owner, library) === undefined ? undefined : { record, library };
}
