/**
 * The wire: signing in, Seafile's web API, its sync protocol, and its object formats.
 *
 * Turns requests into typed answers and failures into `SeafileError`. Knows nothing of files being open, of caching or
 * of paths below a space.
 */
export * from './auth/index.ts';
export * from './chunking/index.ts';
export * from './errors.ts';
export * from './fileserver/index.ts';
export * from './http/index.ts';
export type { Link } from './link.ts';
export * from './objects/index.ts';
export { eachInParallel } from './parallel.ts';
export { baseUrl, Server } from './server.ts';
export * from './sync/index.ts';
export * from './web/index.ts';
