/**
 * Content-defined chunking in the slowest way, straight from its definition: 64-bit polynomials as BigInt, one window
 * moved byte by byte, the fingerprint kept in 32 bits. Only to check the fast one.
 */
const POLYNOMIAL = 0xbfe6b8a5bf378d83n;
const M64 = (1n << 64n) - 1n;

const degree = (p: bigint): number => p.toString(2).length - 1;

function mod(p: bigint): bigint {
  let rest = p;
  while (rest > 0n && degree(rest) >= 63) rest ^= POLYNOMIAL << BigInt(degree(rest) - 63);
  return rest;
}

function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 0; bit < 64; bit += 1) if ((a >> BigInt(bit)) & 1n) product ^= b << BigInt(bit);
  return mod(product);
}

const APPEND = Array.from({ length: 256 }, (_, j) => multiply(BigInt(j), mod(1n << 63n)) | ((BigInt(j) << 63n) & M64));

const append = (p: bigint, byte: number): bigint =>
  (((p << 8n) & M64) | BigInt(byte)) ^ (APPEND[Number(p >> 55n)] ?? 0n);

const SLIDE = (() => {
  let shift = 1n;
  for (let i = 1; i < 48; i += 1) shift = append(shift, 0);
  return Array.from({ length: 256 }, (_, byte) => multiply(BigInt(byte), shift));
})();

const roll = (sum: bigint, leaving: number, entering: number): bigint =>
  BigInt.asUintN(32, append(sum ^ (SLIDE[leaving] ?? 0n), entering));

export function referenceCuts(bytes: Uint8Array, sizes: { min: number; average: number; max: number }): number[] {
  const mask = BigInt(sizes.average - 1);
  const at = (position: number): number => bytes[position] ?? 0;
  const cuts: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    let cut = bytes.length;
    if (bytes.length - start >= sizes.min) {
      let sum = 0n;
      for (let position = start + sizes.min - 1; position < bytes.length; position += 1) {
        if (position === start + sizes.min - 1) {
          for (let i = position - 47; i <= position; i += 1) sum = roll(sum, 0, at(i));
        } else {
          sum = roll(sum, at(position - 48), at(position));
        }
        if ((sum & mask) === (0x13n & mask) || position + 1 - start >= sizes.max) {
          cut = position + 1;
          break;
        }
      }
    }
    cuts.push(cut);
    start = cut;
  }
  return cuts;
}
