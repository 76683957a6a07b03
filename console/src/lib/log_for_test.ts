// A little ledger for tests: Ed25519 by Node's OpenSSL, trees by the definition in RFC 9162.
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { base64, concat, hex, utf8, type Bytes } from "./bytes.ts";
import { preAuthenticationEncoding } from "./envelope.ts";
import { emptyRoot, leafHash, nodeHash } from "./merkle.ts";
import { keyId, kEd25519 } from "./note.ts";
import { sha256 } from "./sha2.ts";

const own = (buffer: Uint8Array) => Uint8Array.from(buffer) as Bytes;

function half(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

export function tree(leaves: Bytes[]): Bytes {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0]!;
  const k = half(leaves.length);
  return nodeHash(tree(leaves.slice(0, k)), tree(leaves.slice(k)));
}

export function inclusion(leaves: Bytes[], index: number): Bytes[] {
  if (leaves.length <= 1) return [];
  const k = half(leaves.length);
  return index < k ? [...inclusion(leaves.slice(0, k), index), tree(leaves.slice(k))]
                   : [...inclusion(leaves.slice(k), index - k), tree(leaves.slice(0, k))];
}

export function consistency(leaves: Bytes[], old: number, whole = true): Bytes[] {
  if (old === leaves.length) return whole ? [] : [tree(leaves)];
  const k = half(leaves.length);
  return old <= k ? [...consistency(leaves.slice(0, k), old, whole), tree(leaves.slice(k))]
                  : [...consistency(leaves.slice(k), old - k, false), tree(leaves.slice(0, k))];
}

export class LogForTest {
  readonly entries: Bytes[] = [];
  verifier: string;
  private secret: KeyObject;
  private id: Bytes;

  constructor(readonly origin: string) {
    ({ secret: this.secret, id: this.id, verifier: this.verifier } = this.newKey());
  }

  private newKey(): { secret: KeyObject; id: Bytes; verifier: string; spki: Bytes } {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const spki = own(publicKey.export({ format: "der", type: "spki" }));
    const id = keyId(this.origin, kEd25519, spki.slice(12));
    return { secret: privateKey, id, spki, verifier: `${this.origin}+${hex(id)}+${base64(concat(Uint8Array.of(kEd25519), spki.slice(12)))}` };
  }

  private append(type: string, digest: string, predicate: object, signers: KeyObject[]): Bytes {
    const payload = utf8(JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject: [{ name: "saiph", digest: { sha256: digest } }], predicateType: `urn:saiph:predicate:${type}:v1`, predicate }));
    const message = preAuthenticationEncoding("application/vnd.in-toto+json", payload);
    const signatures = signers.map((secret) => ({ sig: base64(own(sign(null, message, secret))) }));
    const entry = utf8(JSON.stringify({ payloadType: "application/vnd.in-toto+json", payload: base64(payload), signatures }));
    this.entries.push(entry);
    return entry;
  }

  add(sequence: number): void {
    this.append("heartbeat", "0".repeat(64), { sequence }, [this.secret]);
  }

  /** `forged`: the present key did not sign it. */
  rotate(forged = false): Bytes {
    const next = this.newKey();
    const entry = this.append("key-rotation", hex(sha256(next.spki)), { from: this.verifier, to: next.verifier }, forged ? [next.secret, next.secret] : [this.secret, next.secret]);
    ({ secret: this.secret, id: this.id, verifier: this.verifier } = next);
    return entry;
  }

  leaves(size = this.entries.length): Bytes[] {
    return this.entries.slice(0, size).map(leafHash);
  }

  checkpoint(size = this.entries.length): string {
    const text = `${this.origin}\n${size}\n${base64(tree(this.leaves(size)))}\n`;
    return `${text}\n\u2014 ${this.origin} ${base64(concat(this.id, own(sign(null, utf8(text), this.secret))))}\n`;
  }

  proof(index: number, entry = this.entries[index]!): string {
    const path = inclusion(this.leaves(), index).map((hash) => `${base64(hash)}\n`).join("");
    return `c2sp.org/tlog-proof@v1\nextra ${base64(entry)}\nindex ${index}\n${path}\n${this.checkpoint()}`;
  }
}
