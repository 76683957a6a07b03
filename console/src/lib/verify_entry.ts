// The check of one entry, step by step, as a person can follow it. Nothing the server says is taken for
// true: its proof is computed again here, and only a key or a checkpoint that the reader brought is trusted.
import { equal, hex, type Bytes } from "./bytes.ts";
import { envelopeSignedBy, fingerprint, readEnvelope, type Envelope } from "./envelope.ts";
import { keysFrom } from "./rotation.ts";
import { isConsistent, leafHash, rootFromInclusion } from "./merkle.ts";
import { readCheckpoint, readEntryProof, readVerifierKey, signedBy, type Checkpoint, type VerifierKey } from "./note.ts";

export type Outcome = "good" | "bad" | "open";
export type Step = { name: string; outcome: Outcome; detail: string };
/** proven: every step holds and rests on something the reader trusts. unanchored: what was checked fits, but nothing trusted stands behind it. */
export type Result = { conclusion: "proven" | "unanchored" | "disproved"; steps: Step[]; envelope: Envelope | null; checkpoint: Checkpoint | null };

export type Trust = {
  /** The verifier key that the reader got by another way. */
  key: string | null;
  /** A checkpoint that the reader kept from before. */
  checkpoint: string | null;
};

export type Given = {
  index: bigint;
  /** The text of the C2SP tlog-proof. */
  proof: string;
  /** The keys that the server states, oldest first. */
  keys: string[];
  /** Fetches the log's key rotations, oldest first; asked only when the log has had several keys. */
  rotations: () => Promise<Bytes[]>;
  /** Fetches the path of the consistency proof between two sizes. */
  consistency: (from: bigint, to: bigint) => Promise<Bytes[]>;
};

export async function verifyEntry(given: Given, trust: Trust): Promise<Result> {
  const steps: Step[] = [];
  const step = (name: string, outcome: Outcome, detail: string) => steps.push({ name, outcome, detail });
  const end = (envelope: Envelope | null, checkpoint: Checkpoint | null, anchored: boolean): Result => ({
    conclusion: steps.some((one) => one.outcome === "bad") ? "disproved" : anchored && steps.every((one) => one.outcome === "good") ? "proven" : "unanchored",
    steps, envelope, checkpoint,
  });

  const proof = readEntryProof(given.proof);
  if (!proof.ok) {
    step("The proof can be read", "bad", proof.problem);
    return end(null, null, false);
  }
  const { checkpoint, entry, index, path } = proof.value;
  if (entry === null || index !== given.index) {
    step("The proof is for this entry", "bad", entry === null ? "The proof brings no entry." : `It is for entry ${index}, not ${given.index}.`);
    return end(null, checkpoint, false);
  }

  const root = rootFromInclusion(index, checkpoint.size, leafHash(entry), path);
  if (root !== null && equal(root, checkpoint.root)) {
    step("The entry stands in the log", "good", `Its bytes, hashed here, lead over ${path.length} hashes to the root of the log with ${checkpoint.size} entries.`);
  } else {
    step("The entry stands in the log", "bad", "Its bytes do not lead to the root in the checkpoint: the entry, its place or the proof was changed.");
  }

  const pinned = trust.key === null ? null : readVerifierKey(trust.key);
  const key = pinned?.ok === true ? pinned.value : null;
  const trusted = key === null ? [] : await keysFrom(key, given.keys.length > 1 ? await given.rotations() : []);
  let anchored = false;
  if (key === null) {
    step("The log's key signed the checkpoint", "open", pinned?.ok === false ? `The pinned key cannot be used: ${pinned.problem}` : "No key is pinned in this browser, so anybody could have signed it. Pin the log's key first.");
  } else {
    anchored = await checkSignature(checkpoint, trusted, step);
  }

  const envelope = readEnvelope(entry);
  if (!envelope.ok) {
    step("The statement was signed", "bad", envelope.problem);
    return end(null, checkpoint, anchored);
  }
  await checkEnvelope(envelope.value, trusted, given.keys, step);

  if (trust.checkpoint !== null) {
    anchored = (await checkTrustedCheckpoint(trust.checkpoint, checkpoint, key, given, step)) || anchored;
  }
  return end(envelope.value, checkpoint, anchored);
}

async function asyncFind<T>(list: T[], holds: (one: T) => Promise<boolean>): Promise<T | null> {
  for (const one of list) if (await holds(one)) return one;
  return null;
}

type Say = (name: string, outcome: Outcome, detail: string) => void;

async function checkSignature(checkpoint: Checkpoint, trusted: VerifierKey[], step: Say): Promise<boolean> {
  const pinned = trusted[0]!;
  const key = (await asyncFind(trusted, async (one) => (await signedBy(checkpoint.note, one)) === "good")) ?? pinned;
  const name = "The pinned key signed the checkpoint";
  if (checkpoint.origin !== key.name) {
    step(name, "bad", `The checkpoint is of the log “${checkpoint.origin}”, the pinned key of “${key.name}”.`);
    return false;
  }
  switch (await signedBy(checkpoint.note, key)) {
    case "good":
      step(name, "good", key === pinned ? `${key.name}, key ${fingerprint(key)}` : `${key.name}, key ${fingerprint(key)}: the pinned key leads to it by rotations that both old and new keys signed.`);
      return true;
    case "wrong":
      step(name, "bad", "It claims the pinned key's signature, but the signature is not that key's over this text. The checkpoint is forged or damaged.");
      return false;
    case "absent":
      step(name, "bad", "The pinned key did not sign it. No rotation that it signed leads to the key that did: this is not the log whose key you pinned.");
      return false;
    case "unavailable":
      step(name, "open", "The key is ECDSA P-256, which this browser checks only on https or a loopback address.");
      return false;
  }
}

async function checkEnvelope(envelope: Envelope, trusted: VerifierKey[], stated: string[], step: Say): Promise<void> {
  const name = "The statement was signed";
  const keys = stated.map(readVerifierKey).flatMap((read) => (read.ok ? [read.value] : []));
  for (const key of [...trusted, ...keys]) {
    const answer = await envelopeSignedBy(envelope, key);
    if (answer === "wrong") return step(name, "bad", "The signature on the entry is not that of the key it names.");
    if (answer === "unavailable") return step(name, "open", "The signature is ECDSA P-256, which this browser checks only on https or a loopback address.");
    if (answer !== "good") continue;
    if (key === trusted[0]) return step(name, "good", "By the pinned key, over exactly these bytes.");
    if (trusted.includes(key)) return step(name, "good", `By the key ${fingerprint(key)}, to which the pinned key leads by rotations.`);
    if (trusted.length === 0) return step(name, "open", `By the key ${fingerprint(key)}, which this server states. No key is pinned to compare it with.`);
    return step(name, "good", `By an earlier key of this log, ${fingerprint(key)}, as the server states. The pinned key's checkpoint covers the entry.`);
  }
  step(name, "bad", "None of this log's keys signed it.");
}

async function checkTrustedCheckpoint(text: string, now: Checkpoint, key: VerifierKey | null, given: Given, step: Say): Promise<boolean> {
  const name = "The log only grew since your trusted checkpoint";
  const read = readCheckpoint(text);
  if (!read.ok) {
    step(name, "open", `The trusted checkpoint cannot be read: ${read.problem}`);
    return false;
  }
  const old = read.value;
  if (old.origin !== now.origin) {
    step(name, "bad", `It is of another log: “${old.origin}”.`);
    return false;
  }
  if (key !== null && (await signedBy(old.note, key)) === "wrong") {
    step(name, "bad", "The trusted checkpoint itself carries a wrong signature of the pinned key.");
    return false;
  }
  if (old.size > now.size) {
    step(name, "bad", `You kept a log of ${old.size} entries; this one has ${now.size}. It was rolled back.`);
    return false;
  }
  let path: Bytes[];
  try {
    path = old.size === 0n || old.size === now.size ? [] : await given.consistency(old.size, now.size);
  } catch (error) {
    step(name, "open", `The server gave no proof: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  if (!isConsistent(old.size, old.root, now.size, now.root, path)) {
    step(name, "bad", `The ${old.size} entries that you knew are not the beginning of this log: it was forked or rewritten.`);
    return false;
  }
  step(name, "good", `The first ${old.size} of its ${now.size} entries are those you knew (root ${hex(old.root).slice(0, 16)}…).`);
  return true;
}
