/**
 * Does something for each item, a few at a time. After a failure no more are started; it rejects when those under way
 * have ended, so that nothing goes on behind the caller's back.
 */
export async function eachInParallel<T>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | null = null;
  const worker = async (): Promise<void> => {
    while (!failure) {
      try {
        const next = rest.next();
        if (next.done) return;
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  const failed = failure as { readonly error: unknown } | null; // the workers set it, which the compiler cannot see
  if (failed) throw failed.error;
}
