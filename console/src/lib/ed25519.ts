// Verification of Ed25519 signatures (RFC 8032 section 5.1.7, the equation without cofactor): by WebCrypto
// where the browser has Ed25519 there, else by the arithmetic below. It handles public values only, so
// it need not run in constant time.
import { concat, type Bytes } from "./bytes.ts";
import { sha512 } from "./sha2.ts";

const kPrime = 2n ** 255n - 19n;
const kOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (x: bigint, m = kPrime) => ((x % m) + m) % m;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base); exponent > 0n; exponent >>= 1n, b = mod(b * b)) {
    if (exponent & 1n) result = mod(result * b);
  }
  return result;
}

const kD = mod(-121665n * power(121666n, kPrime - 2n));
const kRootOfMinusOne = power(2n, (kPrime - 1n) / 4n);

/** Extended homogeneous coordinates: x = X/Z, y = Y/Z, x y = T/Z. */
type Point = { X: bigint; Y: bigint; Z: bigint; T: bigint };
const kIdentity: Point = { X: 0n, Y: 1n, Z: 1n, T: 0n };

function add(p: Point, q: Point): Point {
  const a = mod((p.Y - p.X) * (q.Y - q.X));
  const b = mod((p.Y + p.X) * (q.Y + q.X));
  const c = mod(2n * p.T * q.T * kD);
  const d = mod(2n * p.Z * q.Z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h) };
}

function multiply(p: Point, scalar: bigint): Point {
  let result = kIdentity;
  for (let q = p; scalar > 0n; scalar >>= 1n, q = add(q, q)) {
    if (scalar & 1n) result = add(result, q);
  }
  return result;
}

const same = (p: Point, q: Point) => mod(p.X * q.Z - q.X * p.Z) === 0n && mod(p.Y * q.Z - q.Y * p.Z) === 0n;

const littleEndian = (bytes: Bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Section 5.1.3. Null: not a point, or not its one spelling. */
function decode(bytes: Bytes): Point | null {
  const value = littleEndian(bytes);
  const y = value & ((1n << 255n) - 1n);
  const sign = value >> 255n;
  if (y >= kPrime) return null;
  const u = mod(y * y - 1n);
  const v = mod(kD * y * y + 1n);
  let x = mod(u * v ** 3n * power(u * v ** 7n, (kPrime - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * kRootOfMinusOne);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = mod(-x);
  return { X: x, Y: y, Z: 1n, T: mod(x * y) };
}

const kBase = decode(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x58 : 0x66)))!;

/** Without WebCrypto. Some 20 ms a signature. */
export function verifyEd25519ByHand(key: Bytes, signature: Bytes, message: Bytes): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const a = decode(key);
  const r = decode(signature.slice(0, 32));
  const s = littleEndian(signature.slice(32));
  if (a === null || r === null || s >= kOrder) return false;
  const k = littleEndian(sha512(concat(signature.slice(0, 32), key, message))) % kOrder;
  return same(multiply(kBase, s), add(r, multiply(a, k)));
}

export async function verifyEd25519(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined) {
    let imported: CryptoKey | null = null;
    try {
      imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    } catch {
      imported = null;  // no Ed25519 in this browser (or no valid key: found out below)
    }
    if (imported !== null) return subtle.verify({ name: "Ed25519" }, imported, signature, message);
  }
  return verifyEd25519ByHand(key, signature, message);
}
