/**
 * How many random runs a model test makes: `SEAMOUNT_RUNS`, or few. A failure prints its seed; `SEAMOUNT_SEED` makes
 * the same runs again.
 *
 * @param few so many take some seconds
 */
export function runs(few: number): { readonly numRuns: number; readonly seed?: number } {
  const { SEAMOUNT_RUNS, SEAMOUNT_SEED } = process.env;
  return {
    numRuns: SEAMOUNT_RUNS === undefined ? few : Number(SEAMOUNT_RUNS),
    ...(SEAMOUNT_SEED === undefined ? {} : { seed: Number(SEAMOUNT_SEED) }),
  };
}
