// C2SP signed notes, verifier keys, checkpoints, cosignatures and tlog-proofs as docs/formats/ledger.md
// describes them. Readers answer a value or a sentence about what is wrong, never throw.
import { concat, equal, fromBase64, hex, utf8, type Bytes } from "./bytes.ts";
import { verifyEcdsaP256 } from "./ecdsa.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { sha256 } from "./sha2.ts";

export type Read<T> = { ok: true; value: T } | { ok: false; problem: string };
const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (problem: string): Read<never> => ({ ok: false, problem });

export const kEd25519 = 1;
export const kEcdsaP256 = 2;
export const kCosignature = 4;

/** `key` is the 32 bytes of Ed25519, or the SubjectPublicKeyInfo of P-256. */
export type VerifierKey = { name: string; id: Bytes; type: number; key: Bytes; text: string };
export type NoteSignature = { name: string; id: Bytes; signature: Bytes };
export type Note = { text: string; signatures: NoteSignature[] };
export type Checkpoint = { origin: string; size: bigint; root: Bytes; extensions: string[]; note: Note };
export type EntryProof = { index: bigint; path: Bytes[]; entry: Bytes | null; checkpoint: Checkpoint; checkpointText: string };

const validName = (name: string) => name.length > 0 && !/[\s+\u0085]/u.test(name);

export function keyId(name: string, type: number, key: Bytes): Bytes {
  if (type === kEcdsaP256) return sha256(key).slice(0, 4);
  return sha256(concat(utf8(name), Uint8Array.of(0x0a, type), key)).slice(0, 4);
}

/** NAME+KEYID+base64(TYPE KEY). */
export function readVerifierKey(text: string): Read<VerifierKey> {
  const [name, id, ...rest] = text.trim().split("+");
  const packed = fromBase64(rest.join("+"));
  if (name === undefined || id === undefined || !validName(name) || !/^[0-9a-f]{8}$/.test(id) || packed === null || packed.length < 2) {
    return bad("A verifier key looks like NAME+8 hexadecimal digits+base64, all on one line.");
  }
  const type = packed[0]!;
  const key = packed.slice(1);
  if (type !== kEd25519 && type !== kEcdsaP256 && type !== kCosignature) return bad(`The key's type ${type} is not one that this page can check.`);
  if (type !== kEcdsaP256 && key.length !== 32) return bad("An Ed25519 key has 32 bytes; this one has not.");
  if (hex(keyId(name, type, key)) !== id) return bad("The key's id does not belong to its name and bytes: it was mistyped or cut.");
  return good({ name, id: keyId(name, type, key), type, key, text: text.trim() });
}

export function readNote(text: string): Read<Note> {
  if (text.length > 256 * 1024) return bad("The note is larger than 256 KiB.");
  for (let i = 0; i < text.length; ++i) {
    const unit = text.charCodeAt(i);
    if ((unit < 0x20 && unit !== 0x0a) || unit === 0x7f) return bad("The note holds control characters (perhaps Windows line ends).");
  }
  const split = text.lastIndexOf("\n\n");
  if (split < 0 || !text.endsWith("\n")) return bad("A signed note is text, an empty line, and signature lines, each ended by a line end.");
  const lines = text.slice(split + 2, -1).split("\n");
  if (lines.length > 64) return bad("The note has more than 64 signature lines.");
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, coded] = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
    const packed = coded === undefined ? null : fromBase64(coded);
    if (name === undefined || !validName(name) || packed === null || packed.length < 5) return bad("A signature line is not \u201c\u2014 NAME base64\u201d.");
    signatures.push({ name, id: packed.slice(0, 4), signature: packed.slice(4) });
  }
  if (signatures.length === 0) return bad("The note has no signature.");
  return good({ text: text.slice(0, split + 1), signatures });
}

export function readCheckpoint(text: string): Read<Checkpoint> {
  const note = readNote(text);
  if (!note.ok) return note;
  const [origin, size, root, ...extensions] = note.value.text.slice(0, -1).split("\n");
  if (origin === undefined || !validName(origin)) return bad("The checkpoint's first line is not a log's name.");
  if (size === undefined || !/^(0|[1-9][0-9]{0,18})$/.test(size)) return bad("The checkpoint's second line is not a number of entries.");
  const hash = root === undefined ? null : fromBase64(root);
  if (hash === null || hash.length !== 32) return bad("The checkpoint's third line is not a root hash.");
  if (extensions.some((line) => line === "")) return bad("The checkpoint has an empty extension line.");
  return good({ origin, size: BigInt(size), root: hash, extensions, note: note.value });
}

export type Signed = "good" | "wrong" | "absent" | "unavailable";

/** Whether this key signed the note. One wrong signature of a known key is "wrong", whatever else is there. */
export async function signedBy(note: Note, key: VerifierKey): Promise<Signed> {
  let answer: Signed = "absent";
  for (const line of note.signatures) {
    if (line.name !== key.name || !equal(line.id, key.id)) continue;
    const one = await verifyOne(note, key, line.signature);
    if (one !== "good") return one;
    answer = "good";
  }
  return answer;
}

async function verifyOne(note: Note, key: VerifierKey, signature: Bytes): Promise<Signed> {
  if (key.type === kEd25519) return (await verifyEd25519(key.key, signature, utf8(note.text))) ? "good" : "wrong";
  if (key.type === kCosignature) {
    const time = cosignedAt(signature);
    if (time === null) return "wrong";
    const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
    return (await verifyEd25519(key.key, signature.slice(8), message)) ? "good" : "wrong";
  }
  const answer = await verifyEcdsaP256(key.key, signature, utf8(note.text));
  return answer === "unavailable" ? "unavailable" : answer ? "good" : "wrong";
}

/** Seconds since 1970 that a witness wrote into its cosignature. */
export function cosignedAt(signature: Bytes): bigint | null {
  return signature.length === 72 ? new DataView(signature.buffer, signature.byteOffset).getBigUint64(0) : null;
}

/** The text of c2sp.org/tlog-proof@v1. */
export function readEntryProof(text: string): Read<EntryProof> {
  if (text.length > 512 * 1024) return bad("The proof is larger than 512 KiB.");
  const split = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(split, 0)).split("\n");
  if (split < 0 || lines[0] !== "c2sp.org/tlog-proof@v1") return bad("This is not a proof: the first line must be c2sp.org/tlog-proof@v1.");
  let at = 1;
  let entry: Bytes | null = null;
  if (lines[at]?.startsWith("extra ") === true) {
    entry = fromBase64(lines[at]!.slice(6));
    if (entry === null) return bad("The proof's extra line is not base64.");
    ++at;
  }
  const index = /^index (0|[1-9][0-9]{0,18})$/.exec(lines[at] ?? "")?.[1];
  if (index === undefined) return bad("The proof names no entry number.");
  const path: Bytes[] = [];
  for (const line of lines.slice(at + 1)) {
    const hash = fromBase64(line);
    if (hash === null || hash.length !== 32) return bad("A line of the proof's path is not a hash.");
    path.push(hash);
  }
  if (path.length > 63) return bad("The proof's path is longer than any tree is high.");
  const checkpointText = text.slice(split + 2);
  const checkpoint = readCheckpoint(checkpointText);
  if (!checkpoint.ok) return checkpoint;
  return good({ index: BigInt(index), path, entry, checkpoint: checkpoint.value, checkpointText });
}
