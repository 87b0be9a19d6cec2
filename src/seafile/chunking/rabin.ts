/**
 * The rolling fingerprint that Seafile's clients cut files with (seafile-api F.4).
 *
 * It is a Rabin fingerprint over a window of 48 bytes, with the polynomial below, except that the clients keep only 32
 * bits of it between two steps. What is left of the arithmetic is short: bits that a step shifts out are lost instead of
 * being folded back, so a byte that leaves the window acts through one table, and the fingerprint depends on the last
 * four bytes that came in and the last four that went out. Cuts are only shared with other clients when this is done in
 * just this way.
 */

/** Bytes in the window. */
export const WINDOW = 48;

const POLYNOMIAL = 0xbfe6b8a5bf378d83n;
const DEGREE = 63n;
const LOW_63 = (1n << 63n) - 1n;
const LOW_32 = 0xffffffffn;

/** Remainder of a polynomial over GF(2) of any degree. */
function remainder(polynomial: bigint): bigint {
  let rest = polynomial;
  for (let bit = BigInt(rest.toString(2).length - 1); bit >= DEGREE; bit -= 1n) {
    if ((rest >> bit) & 1n) rest ^= POLYNOMIAL << (bit - DEGREE);
  }
  return rest;
}

function product(a: bigint, b: bigint): bigint {
  let sum = 0n;
  for (let bit = 0n; a >> bit > 0n; bit += 1n) if ((a >> bit) & 1n) sum ^= b << bit;
  return remainder(sum);
}

/** What takes a byte out of the 32-bit fingerprint in the step that shifts it out of the window, by byte. */
function tableOfLeavingBytes(): Int32Array {
  // A byte that is about to leave counts x^(8*47) times its value; the step multiplies by x^8 and folds bits 63 and up.
  const weight = remainder(1n << BigInt(8 * (WINDOW - 1)));
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    const leaving = product(BigInt(byte), weight) & LOW_63;
    const folded = remainder(leaving << 8n);
    table[byte] = Number(BigInt.asIntN(32, folded & LOW_32));
  }
  return table;
}

/** One step: `(fingerprint << 8) ^ entering ^ LEAVING[byte that leaves]`. */
export const LEAVING = tableOfLeavingBytes();
