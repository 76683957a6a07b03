// SHA-256 and SHA-512 (FIPS 180-4), synchronous and without WebCrypto: a browser offers that only on
// https and loopback addresses, and a proof must be checkable everywhere. The constants are computed
// from their definition (roots of the first primes) and the whole is tested against published vectors.
import type { Bytes } from "./bytes.ts";

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; ++n) {
    if (found.every((prime) => n % prime !== 0n)) found.push(n);
  }
  return found;
}

/** floor(n^(1/degree)) by Newton's method. */
function root(n: bigint, degree: bigint): bigint {
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / Number(degree)));
  for (;;) {
    const next = ((degree - 1n) * x + n / x ** (degree - 1n)) / degree;
    if (next >= x) return x;
    x = next;
  }
}

/** The first `bits` bits of the fractional part of the root of a prime. */
const fraction = (prime: bigint, degree: bigint, bits: bigint) =>
  root(prime << (bits * degree), degree) & ((1n << bits) - 1n);

const kFirst64 = primes(80);
const kRounds256 = Uint32Array.from(kFirst64.slice(0, 64), (prime) => Number(fraction(prime, 3n, 32n)));
const kStart256 = Uint32Array.from(kFirst64.slice(0, 8), (prime) => Number(fraction(prime, 2n, 32n)));
const kRounds512 = kFirst64.map((prime) => fraction(prime, 3n, 64n));
const kStart512 = kFirst64.slice(0, 8).map((prime) => fraction(prime, 2n, 64n));

/** The message, a one bit, zeros, and its length in bits. */
function padded(message: Bytes, block: number, lengthBytes: number): DataView<ArrayBuffer> {
  const total = Math.ceil((message.length + 1 + lengthBytes) / block) * block;
  const out = new Uint8Array(total);
  out.set(message);
  out[message.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setBigUint64(total - 8, BigInt(message.length) * 8n);
  return view;
}

const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n));

export function sha256(message: Bytes): Bytes {
  const view = padded(message, 64, 8);
  const state = Uint32Array.from(kStart256);
  const w = new Uint32Array(64);
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let i = 0; i < 16; ++i) w[i] = view.getUint32(block + 4 * i);
    for (let i = 16; i < 64; ++i) {
      const a = w[i - 15]!;
      const b = w[i - 2]!;
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; ++i) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + kRounds256[i]! + w[i]!) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = state[i]! + value));
  }
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  state.forEach((word, i) => words.setUint32(4 * i, word));
  return out;
}

const kMask64 = (1n << 64n) - 1n;
const rotate64 = (x: bigint, n: bigint) => ((x >> n) | (x << (64n - n))) & kMask64;

export function sha512(message: Bytes): Bytes {
  const view = padded(message, 128, 16);
  const state = [...kStart512];
  const w: bigint[] = new Array<bigint>(80);
  for (let block = 0; block < view.byteLength; block += 128) {
    for (let i = 0; i < 16; ++i) w[i] = view.getBigUint64(block + 8 * i);
    for (let i = 16; i < 80; ++i) {
      const a = w[i - 15]!;
      const b = w[i - 2]!;
      const s0 = rotate64(a, 1n) ^ rotate64(a, 8n) ^ (a >> 7n);
      const s1 = rotate64(b, 19n) ^ rotate64(b, 61n) ^ (b >> 6n);
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) & kMask64;
    }
    let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; ++i) {
      const s1 = rotate64(e, 14n) ^ rotate64(e, 18n) ^ rotate64(e, 41n);
      const t1 = (h + s1 + ((e & f) ^ (~e & kMask64 & g)) + kRounds512[i]! + w[i]!) & kMask64;
      const s0 = rotate64(a, 28n) ^ rotate64(a, 34n) ^ rotate64(a, 39n);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) & kMask64;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & kMask64, c, b, a, (t1 + t2) & kMask64];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = (state[i]! + value) & kMask64));
  }
  const out = new Uint8Array(64);
  const words = new DataView(out.buffer);
  state.forEach((word, i) => words.setBigUint64(8 * i, word));
  return out;
}
