/**
 * The embedded server: a small Seafile-compatible server with real object formats, on disk or in memory.
 *
 * It is what `seamount serve` runs, what users without a server of their own use, and what the tests run against; it
 * answers like a real server down to its oddities, save where the real one loses data. It uses Seafile's object formats
 * and nothing else of seamount, and is no part of the client.
 */
export type { AccountOption, ClientOption } from './accounts/index.ts';
export { type Fault, type FaultRule, parseFaultRule } from './faults/index.ts';
export type { ServerVersion } from './features.ts';
export {
  type CheckReport,
  type CollectOptions,
  type CollectReport,
  checkData,
  collectGarbage,
} from './maintenance/index.ts';
export type { ServerOptions } from './options.ts';
export { type RunningServer, startServer } from './server.ts';
export type { RouteStats, ServerStats } from './stats.ts';
export type { ThrottleOptions } from './throttle.ts';
