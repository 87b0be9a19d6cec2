/**
 * Work on a data folder while its server is stopped: checking that everything is whole, and removing what is not needed.
 *
 * It reads the same storage by the same code as the server; it answers no requests.
 */
export { type CheckReport, checkData } from './check.ts';
export { type CollectOptions, type CollectReport, collectGarbage } from './collect.ts';
