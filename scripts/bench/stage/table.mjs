// How benchmarks print: one line a figure, the figure first, then what it is held against.

/** @param target text of what is wanted; `ok` whether it was reached */
export function line(what, figure, target, ok) {
  const mark = ok === undefined ? ' ' : ok ? '+' : '-';
  console.log(`${mark} ${what.padEnd(58)} ${String(figure).padStart(12)}   ${target}`);
}

export const ratio = (value) => value.toFixed(2);
export const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
export const seconds = (value) => `${value.toFixed(2)} s`;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
