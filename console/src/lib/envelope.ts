// DSSE envelopes with in-toto statements: what an entry of the ledger is.
import { concat, fromBase64, hex, textOf, utf8, type Bytes } from "./bytes.ts";
import { verifyEcdsaP256 } from "./ecdsa.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { kEd25519, kEcdsaP256, type Read, type Signed, type VerifierKey } from "./note.ts";
import { sha256 } from "./sha2.ts";

export const kPayloadType = "application/vnd.in-toto+json";
export type Subject = { name?: string; digest: Record<string, string> };
export type Statement = { predicateType: string; subject: Subject[]; predicate: Record<string, unknown>; text: string };
export type Envelope = { payload: Bytes; signatures: { keyid: string; signature: Bytes }[]; statement: Statement };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

export function readEnvelope(bytes: Bytes): Read<Envelope> {
  const bad = (problem: string): Read<never> => ({ ok: false, problem });
  const text = textOf(bytes);
  if (text === null) return bad("The entry is not UTF-8 text.");
  let outer: unknown;
  try {
    outer = JSON.parse(text);
  } catch {
    return bad("The entry is not JSON.");
  }
  if (!isObject(outer) || outer["payloadType"] !== kPayloadType) return bad("The entry is not an envelope with an in-toto statement.");
  const payload = typeof outer["payload"] === "string" ? fromBase64(outer["payload"]) : null;
  if (payload === null) return bad("The envelope's payload is not base64.");
  if (!Array.isArray(outer["signatures"])) return bad("The envelope has no signatures.");
  const signatures: Envelope["signatures"] = [];
  for (const one of outer["signatures"]) {
    const signature = isObject(one) && typeof one["sig"] === "string" ? fromBase64(one["sig"]) : null;
    if (signature === null) return bad("A signature of the envelope is not base64.");
    const keyid = (one as Record<string, unknown>)["keyid"];
    signatures.push({ keyid: typeof keyid === "string" ? keyid : "", signature });
  }
  const inner = textOf(payload);
  let statement: unknown;
  try {
    statement = inner === null ? null : JSON.parse(inner);
  } catch {
    statement = null;
  }
  if (!isObject(statement) || inner === null || statement["_type"] !== "https://in-toto.io/Statement/v1") return bad("The payload is not an in-toto Statement v1.");
  if (typeof statement["predicateType"] !== "string" || !Array.isArray(statement["subject"])) return bad("The statement has no subject or no predicate type.");
  return {
    ok: true,
    value: {
      payload,
      signatures,
      statement: {
        predicateType: statement["predicateType"],
        subject: statement["subject"] as Subject[],
        predicate: isObject(statement["predicate"]) ? statement["predicate"] : {},
        text: inner,
      },
    },
  };
}

/** The bytes that a DSSE signature is over (DSSE 1.0, PAE). */
export function preAuthenticationEncoding(payloadType: string, payload: Bytes): Bytes {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

const kEd25519Prefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** `sha256:` and the digest of the key's SubjectPublicKeyInfo. */
export function fingerprint(key: VerifierKey): string {
  return `sha256:${hex(sha256(key.type === kEcdsaP256 ? key.key : concat(kEd25519Prefix, key.key)))}`;
}

/** Whether this key signed the envelope. The keyid is a hint that nobody signed, so every signature is tried. */
export async function envelopeSignedBy(envelope: Envelope, key: VerifierKey): Promise<Signed> {
  const message = preAuthenticationEncoding(kPayloadType, envelope.payload);
  let unavailable = false;
  for (const { signature } of envelope.signatures) {
    if (key.type === kEd25519) {
      if (await verifyEd25519(key.key, signature, message)) return "good";
    } else {
      const answer = await verifyEcdsaP256(key.key, signature, message);
      if (answer === true) return "good";
      unavailable ||= answer === "unavailable";
    }
  }
  if (unavailable) return "unavailable";
  return envelope.signatures.some((one) => one.keyid === fingerprint(key)) ? "wrong" : "absent";
}
