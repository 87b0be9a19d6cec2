import fc from 'fast-check';

/** Bytes to write, told shortly so that a failing run can be read. */
export interface Bytes {
  readonly fill: number;
  readonly length: number;
  /** What the bytes begin with, so that nobody else's are the same. */
  readonly mark?: string;
}

/** One step of a random run. Paths are drawn from few names, so that steps meet. */
export type Step =
  | { readonly kind: 'writeFile'; readonly path: string; readonly data: Bytes }
  | { readonly kind: 'append'; readonly path: string; readonly data: Bytes }
  | { readonly kind: 'pwrite'; readonly path: string; readonly at: number; readonly data: Bytes }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'rmdir'; readonly path: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'copyFile'; readonly from: string; readonly to: string }
  | { readonly kind: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly kind: 'utimes'; readonly path: string; readonly seconds: number }
  | { readonly kind: 'open'; readonly path: string; readonly slot: number }
  | { readonly kind: 'writeOpen'; readonly slot: number; readonly at: number; readonly data: Bytes }
  | { readonly kind: 'readOpen'; readonly slot: number }
  | { readonly kind: 'close'; readonly slot: number }
  | { readonly kind: 'list'; readonly path: string }
  | { readonly kind: 'readFile'; readonly path: string }
  | { readonly kind: 'sync' }
  | { readonly kind: 'startSync' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'restart' };

/** Times that are set are before this, those of changes after it: so they can be told apart. Seconds since 1970. */
export const LONG_AGO = 1_000_000_000;

const name = fc.constantFrom('a', 'b', 'c', 'ä');
const path = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(name) },
    { weight: 4, arbitrary: fc.tuple(name, name) },
    { weight: 2, arbitrary: fc.tuple(name, name, name) },
  )
  .map((names) => `/${names.join('/')}`);
const data = fc.record({
  fill: fc.integer({ min: 1, max: 255 }),
  length: fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(2 ** 20 + 4097) }),
});
const at = fc.oneof({ weight: 4, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.nat(2 ** 20 + 8192) });
const slot = fc.nat(2);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('writeFile' as const), path, data }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('append' as const), path, data }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pwrite' as const), path, at, data }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), path, size: at }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('mkdir' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rmdir' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unlink' as const), path }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('rename' as const), from: path, to: path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copyFile' as const), from: path, to: path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('chmod' as const),
      path,
      mode: fc.constantFrom(0o700, 0o711, 0o755, 0o777),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('utimes' as const),
      path,
      seconds: fc.integer({ min: 1, max: LONG_AGO }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), path, slot }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('writeOpen' as const), slot, at, data }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('readOpen' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('list' as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('readFile' as const), path }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'sync' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'startSync' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** What a run begins with, so that most of its steps find something. */
export const FIRST: readonly Step[] = [
  { kind: 'mkdir', path: '/a' },
  { kind: 'mkdir', path: '/a/b' },
  { kind: 'mkdir', path: '/b' },
  { kind: 'writeFile', path: '/c', data: { fill: 9, length: 20 } },
  { kind: 'writeFile', path: '/a/c', data: { fill: 90, length: 30 } },
  { kind: 'open', path: '/c', slot: 0 },
];

/** The steps of a run. */
export const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.subarray([...FIRST]), fc.array(step, { maxLength: 60, size: 'max' }))
  .map(([first, random]) => [...first, ...random]);
