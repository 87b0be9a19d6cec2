import { Accounts, Bearers, FLEETING_COST, LASTING_COST, Tokens } from './accounts/index.ts';
import { featuresOf } from './features.ts';
import { UploadMarks } from './fileserver/upload-marks.ts';
import { Access, Branches, Contents, Libraries, Usage, VirtualLibraries } from './libraries/index.ts';
import { Links } from './links.ts';
import { Tickets } from './notification/index.ts';
import type { ServerOptions } from './options.ts';
import type { Site } from './site.ts';
import { Stats } from './stats.ts';
import { openTables } from './storage/index.ts';
import { Throttle } from './throttle.ts';

const SHARE_DELAY_MS = 500;
const LINK_LIFETIME_MS = 3_600_000;

/** Puts the parts of a server together. */
export function buildSite(
  options: ServerOptions,
  storage: Pick<Site, 'objects' | 'database' | 'chunks'>,
  report: (error: unknown, what: string) => void,
): Site {
  const now = options.now ?? Date.now;
  const tables = openTables(storage.database);
  const library = { ...storage, tables, now };
  const libraries = new Libraries(library);
  const branches = new Branches(library, libraries);
  const accounts = new Accounts(tables, options.memory ? FLEETING_COST : LASTING_COST);
  const tokens = new Tokens(tables);
  const stats = new Stats();
  branches.onMove((move) => {
    if (move.cause === undefined) stats.commit();
  });
  return {
    ...storage,
    tables,
    accounts,
    tokens,
    bearers: new Bearers(now),
    libraries,
    branches,
    virtuals: new VirtualLibraries(libraries, branches, {
      delayMs: options.shareDelayMs ?? SHARE_DELAY_MS,
      report: (error, id) => report(error, `merging the shared folder ${id}`),
    }),
    access: new Access(tables, libraries),
    contents: new Contents(storage.objects),
    usage: new Usage(libraries, (email) => accounts.find(email)),
    uploadMarks: new UploadMarks(),
    links: new Links(now, options.linkLifetimeMs ?? LINK_LIFETIME_MS),
    stats,
    throttle: options.throttle && new Throttle(options.throttle, now),
    tickets: options.notifications === false ? undefined : new Tickets(tokens.signingKey('notification'), now),
    features: featuresOf(options.version ?? 10),
    now,
    urls: { web: '', files: '' },
  };
}
