// Verification of ECDSA on P-256 with SHA-256 by WebCrypto. There is no second implementation: a browser
// without WebCrypto answers "unavailable", which no caller may take for a yes.
import type { Bytes } from "./bytes.ts";

/** DER SEQUENCE { INTEGER r, INTEGER s } as the 64 bytes that WebCrypto takes; null for any other spelling. */
export function rawSignature(der: Bytes): Bytes | null {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1];
    if (der[at] !== 0x02 || length === undefined || length < 1 || at + 2 + length > der.length) return null;
    let number = der.subarray(at + 2, at + 2 + length);
    if ((number[0]! & 0x80) !== 0) return null;
    if (number[0] === 0) {
      if (number.length > 1 && (number[1]! & 0x80) === 0) return null;
      number = number.subarray(1);
    }
    if (number.length > 32) return null;
    out.set(number, end - number.length);
    at += 2 + length;
  }
  return at === der.length ? out : null;
}

export async function verifyEcdsaP256(spki: Bytes, signature: Bytes, message: Bytes): Promise<boolean | "unavailable"> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return "unavailable";
  const raw = rawSignature(signature);
  if (raw === null) return false;
  try {
    const key = await subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, message);
  } catch {
    return false;
  }
}
