/**
 * How many random runs a model test makes: `SEAMOUNT_RUNS`, or few. A failure prints its seed and path;
 * `SEAMOUNT_SEED` makes the same runs again, with `SEAMOUNT_PATH` the one that failed.
 *
 * @param few so many take some seconds
 */
export function runs(few: number): {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
  readonly endOnFailure?: boolean;
} {
  const { SEAMOUNT_RUNS, SEAMOUNT_SEED, SEAMOUNT_PATH } = process.env;
  return {
    numRuns: SEAMOUNT_RUNS === undefined ? few : Number(SEAMOUNT_RUNS),
    ...(SEAMOUNT_SEED === undefined ? {} : { seed: Number(SEAMOUNT_SEED) }),
    ...(SEAMOUNT_PATH === undefined ? {} : { path: SEAMOUNT_PATH, endOnFailure: true }),
  };
}
