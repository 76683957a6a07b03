// Key rotations: the entry by which the present key names the next one, signed by both (docs/formats/ledger.md,
// "Segments"). Whoever trusts a key trusts those that it leads to.
import { equal, type Bytes } from "./bytes.ts";
import { envelopeSignedBy, fingerprint, readEnvelope } from "./envelope.ts";
import { readVerifierKey, type VerifierKey } from "./note.ts";

const kType = "urn:saiph:predicate:key-rotation:v1";

/** The pinned key and those to which the entries, oldest first, lead from it. Whatever does not lead on is passed over. */
export async function keysFrom(pinned: VerifierKey, rotations: Bytes[]): Promise<VerifierKey[]> {
  const keys = [pinned];
  for (const entry of rotations) {
    const next = await nextKey(keys[keys.length - 1]!, entry);
    if (next !== null && keys.every((key) => !equal(key.key, next.key))) keys.push(next);
  }
  return keys;
}

async function nextKey(present: VerifierKey, entry: Bytes): Promise<VerifierKey | null> {
  const envelope = readEnvelope(entry);
  if (!envelope.ok || envelope.value.signatures.length !== 2) return null;
  const { statement } = envelope.value;
  const { from, to } = statement.predicate;
  if (statement.predicateType !== kType || from !== present.text || typeof to !== "string") return null;
  const next = readVerifierKey(to);
  if (!next.ok || next.value.name !== present.name) return null;
  if (statement.subject.length !== 1 || `sha256:${statement.subject[0]!.digest["sha256"]}` !== fingerprint(next.value)) return null;
  const both = (await envelopeSignedBy(envelope.value, present)) === "good" && (await envelopeSignedBy(envelope.value, next.value)) === "good";
  return both ? next.value : null;
}
