/**
 * The wire: signing in, Seafile's web API, its sync protocol, and its object formats.
 *
 * Turns requests into typed answers and failures into `SeafileError`. Knows nothing of files being open, of caching or
 * of paths below a space.
 */
export * from './errors.ts';
export * from './objects/index.ts';
