// The worked examples of docs/formats/ledger.md, read from that page, and published vectors.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { base64, concat, fromBase64, fromHex, hex, utf8, type Bytes } from "./bytes.ts";
import { rawSignature, verifyEcdsaP256 } from "./ecdsa.ts";
import { verifyEd25519, verifyEd25519ByHand } from "./ed25519.ts";
import { envelopeSignedBy, fingerprint, readEnvelope } from "./envelope.ts";
import { inclusion, tree } from "./log_for_test.ts";
import { consistencyNodes, fold, isConsistent, leafHash, nodeHash, rootFromInclusion } from "./merkle.ts";
import { keyId, kEcdsaP256, readCheckpoint, readEntryProof, readNote, readVerifierKey, signedBy } from "./note.ts";
import { sha256, sha512 } from "./sha2.ts";

// Node 18 has WebCrypto, but not as a global.
globalThis.crypto ??= webcrypto as Crypto;

const page = readFileSync(`${process.env["SAIPH_ROOT"]}/docs/formats/ledger.md`, "utf8");
const blocks = [...page.matchAll(/^```\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
const block = (start: string) => blocks.find((text) => text.startsWith(start)) ?? assert.fail(`no example starts with ${start}`);
const ok = <T>(read: { ok: true; value: T } | { ok: false; problem: string }): T => (read.ok ? read.value : assert.fail(read.problem));
const bytes = (buffer: Uint8Array) => Uint8Array.from(buffer) as Bytes;

const envelopeText = block('{"payloadType"').trimEnd();
const logKey = ok(readVerifierKey(block("ledger.example/saiph+")));
const witnessKey = ok(readVerifierKey(block("witness.example/w1+")));
const checkpointText = block("ledger.example/saiph\n");
const proofText = block("c2sp.org/tlog-proof@v1");

test("digests equal those of OpenSSL at every length around a block", () => {
  for (const length of [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 129, 1000, 5000]) {
    const data = bytes(new Uint8Array(length).map((_, i) => (i * 7 + length) & 255));
    assert.equal(hex(sha256(data)), createHash("sha256").update(data).digest("hex"), `sha256 of ${length}`);
    assert.equal(hex(sha512(data)), createHash("sha512").update(data).digest("hex"), `sha512 of ${length}`);
  }
});

test("base64 and hexadecimal have one spelling", () => {
  assert.deepEqual(fromBase64("AAE="), Uint8Array.of(0, 1));
  for (const text of ["AAE", "AAF=", "AA==AA==", "A_E=", " AAE=", "====", "A==="]) assert.equal(fromBase64(text), null, text);
  assert.deepEqual(fromHex("00ff"), Uint8Array.of(0, 255));
  for (const text of ["0", "0F", "0x00", "zz"]) assert.equal(fromHex(text), null, text);
});

test("Ed25519: RFC 8032 section 7.1, test 2 and 3, and other people's signatures", async () => {
  const vectors = [
    ["3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", "72"],
    ["fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a", "af82"],
  ].map((row) => row.map((text) => fromHex(text)!)) as [Bytes, Bytes, Bytes][];
  for (let i = 0; i < 4; ++i) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const message = utf8(`message ${i}`);
    vectors.push([bytes(publicKey.export({ format: "der", type: "spki" }).subarray(12)), bytes(sign(null, message, privateKey)), message]);
  }
  for (const [key, signature, message] of vectors) {
    assert.equal(verifyEd25519ByHand(key, signature, message), true);
    assert.equal(await verifyEd25519(key, signature, message), true);
    for (const at of [0, 31, 32, 63]) {
      const wrong = bytes(signature);
      wrong[at]! ^= 1;
      assert.equal(verifyEd25519ByHand(key, wrong, message), false, `bit in byte ${at}`);
    }
    assert.equal(verifyEd25519ByHand(key, signature, concat(message, utf8("x"))), false);
  }
  // S of a good signature plus the group's order is another spelling of it, and refused.
  const [key, signature, message] = vectors[0]!;
  let s = 2n ** 252n + 27742317777372353535851937790883648493n + signature.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const other = bytes(signature);
  for (let i = 32; i < 64; ++i, s >>= 8n) other[i] = Number(s & 255n);
  assert.equal(verifyEd25519ByHand(key, other, message), false);
});

test("ECDSA P-256 in DER, one spelling", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = bytes(publicKey.export({ format: "der", type: "spki" }));
  for (let i = 0; i < 20; ++i) {
    const message = utf8(`message ${i}`);
    const signature = bytes(sign("sha256", message, privateKey));
    assert.equal(await verifyEcdsaP256(spki, signature, message), true);
    assert.equal(await verifyEcdsaP256(spki, signature, utf8("another")), false);
    assert.equal(rawSignature(concat(signature, Uint8Array.of(0))), null);
  }
  assert.equal(hex(keyId("anything", kEcdsaP256, spki)), hex(sha256(spki).slice(0, 4)));
});

test("the envelope of the example: leaf hash, key fingerprint, signature", async () => {
  const entry = utf8(envelopeText);
  assert.equal(hex(leafHash(entry)), block("e9127f").trim());
  assert.equal(fingerprint(logKey), block("sha256:").trim());
  const envelope = ok(readEnvelope(entry));
  assert.equal(envelope.statement.predicateType, "urn:saiph:predicate:heartbeat:v1");
  assert.equal(await envelopeSignedBy(envelope, logKey), "good");
  assert.equal(await envelopeSignedBy(envelope, witnessKey), "absent");
  const changed = ok(readEnvelope(utf8(envelopeText.replace("QPPM", "QPPN"))));
  assert.equal(await envelopeSignedBy(changed, logKey), "wrong");
});

test("the checkpoint of the example is the log's and the witness'", async () => {
  const checkpoint = ok(readCheckpoint(checkpointText));
  assert.equal(checkpoint.size, 7n);
  assert.equal(await signedBy(checkpoint.note, logKey), "good");
  assert.equal(await signedBy(checkpoint.note, witnessKey), "good");
  const forged = ok(readCheckpoint(checkpointText.replace("\n7\n", "\n8\n")));
  assert.equal(await signedBy(forged.note, logKey), "wrong");
  const stranger = ok(readVerifierKey(block("witness.example/w1+"))); 
  assert.equal(await signedBy(checkpoint.note, { ...stranger, name: "other" }), "absent");
});

test("the proof of the example: a path that fits, and none that does not", () => {
  const proof = ok(readEntryProof(proofText));
  assert.equal(proof.index, 2n);
  assert.equal(proof.entry, null);
  const leaves = Array.from({ length: 7 }, (_, i) => leafHash(Uint8Array.of(i)));
  const path = [leaves[3]!, nodeHash(leaves[0]!, leaves[1]!), nodeHash(nodeHash(leaves[4]!, leaves[5]!), leaves[6]!)];
  const root = rootFromInclusion(2n, 7n, leaves[2]!, path)!;
  assert.equal(hex(root), hex(tree(leaves)));
  assert.equal(rootFromInclusion(2n, 7n, leaves[2]!, path.slice(1)), null);
  assert.equal(rootFromInclusion(2n, 7n, leaves[2]!, [...path, path[0]!]), null);
  assert.equal(rootFromInclusion(7n, 7n, leaves[2]!, path), null);
  assert.notEqual(hex(rootFromInclusion(3n, 7n, leaves[2]!, path)!), hex(root));
});

test("inclusion and consistency in every tree of up to 20 leaves", () => {
  const leaves = Array.from({ length: 20 }, (_, i) => leafHash(Uint8Array.of(i)));
  for (let size = 1; size <= 20; ++size) {
    const now = leaves.slice(0, size);
    const root = tree(now);
    for (let index = 0; index < size; ++index) {
      const computed = rootFromInclusion(BigInt(index), BigInt(size), now[index]!, inclusion(now, index));
      assert.equal(hex(computed!), hex(root), `${index} in ${size}`);
    }
    for (let old = 0; old <= size; ++old) {
      const path = consistencyNodes(BigInt(old), BigInt(size)).map((nodes) =>
        fold(nodes.map(({ level, index }) => tree(now.slice(Number(index) << level, (Number(index) + 1) << level)))));
      const oldRoot = tree(leaves.slice(0, old));
      assert.equal(isConsistent(BigInt(old), oldRoot, BigInt(size), root, path), true, `${old} in ${size}`);
      if (old > 0 && old < size) {
        assert.equal(isConsistent(BigInt(old), leafHash(utf8("x")), BigInt(size), root, path), false);
        assert.equal(isConsistent(BigInt(old), oldRoot, BigInt(size), leafHash(utf8("x")), path), false);
        assert.equal(isConsistent(BigInt(old), oldRoot, BigInt(size), root, path.slice(0, -1)), false);
        assert.equal(isConsistent(BigInt(old), oldRoot, BigInt(size), root, [...path, root]), false);
      }
    }
  }
});

test("what is no note, key, checkpoint or proof is refused with a reason", () => {
  const notes = ["", "a\n", "a\n\nb\n", "a\n\n\u2014 x AAAA\n", "a\r\n\n\u2014 x AAAAAAA=\n", checkpointText.trimEnd()];
  for (const text of notes) assert.equal(readNote(text).ok, false, JSON.stringify(text));
  const keys = ["", "x", "a+b+c", logKey.text.replace("e86ec093", "e86ec094"), logKey.text.slice(0, -2), `two words${logKey.text}`];
  for (const text of keys) assert.equal(readVerifierKey(text).ok, false, text);
  for (const [from, to] of [["\n7\n", "\n07\n"], ["\n7\n", "\n-7\n"], ["07R4", "7R4"], ["ledger.example/saiph\n7", "ledger example\n7"]] as const) {
    assert.equal(readCheckpoint(checkpointText.replace(from, to)).ok, false, to);
  }
  for (const [from, to] of [["index 2", "index 02"], ["index 2", "index"], ["@v1", "@v2"], ["RaYY", "RaY"]] as const) {
    assert.equal(readEntryProof(proofText.replace(from, to)).ok, false, to);
  }
  for (const text of ["", "{}", "[]", envelopeText.replace("in-toto+json", "json"), envelopeText.replace('"eyJ', '"e!J')]) {
    assert.equal(readEnvelope(utf8(text)).ok, false, text.slice(0, 40));
  }
  assert.equal(base64(utf8("saiph")), "c2FpcGg=");
});
