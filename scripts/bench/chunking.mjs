// Content-defined chunking and the hashing of the blocks, in one thread, against hashing alone.
// Run after `npm run build`. Usage: node scripts/bench/chunking.mjs [MiB]
import { createHash, randomFillSync } from 'node:crypto';
import { nextCut } from '../../dist/seafile/chunking/index.js';
import { hashBlock } from '../../dist/seafile/objects/index.js';

const MIB = 1024 * 1024;
const size = Number(process.argv[2] ?? 256) * MIB;
const data = randomFillSync(Buffer.alloc(size));

function chunk(work) {
  let blocks = 0;
  for (let start = 0; start < data.length; blocks += 1) {
    const end = nextCut(data, start, true);
    work?.(data.subarray(start, end));
    start = end;
  }
  return blocks;
}

function hashAlone() {
  for (let start = 0; start < data.length; start += 8 * MIB) {
    createHash('sha1')
      .update(data.subarray(start, start + 8 * MIB))
      .digest('hex');
  }
}

/** The best of five rounds, in MB/s. */
function rate(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return size / 1e6 / (best / 1e3);
}

const blocks = chunk();
const cut = rate(() => chunk());
const sha1 = rate(hashAlone);
const both = rate(() => chunk(hashBlock));
const row = (what, mbs, ratio) => console.log(`${what.padEnd(24)}${mbs.toFixed(0).padStart(6)} MB/s${ratio}`);
console.log(`${size / MIB} MiB of random bytes, ${blocks} blocks`);
row('cutting', cut, '');
row('SHA-1', sha1, '');
row('cutting and SHA-1', both, `   ${(both / sha1).toFixed(2)} of SHA-1 alone (goal: 300 MB/s)`);
if (both < 300) process.exitCode = 1;
