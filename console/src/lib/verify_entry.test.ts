import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import type { Bytes } from "./bytes.ts";
import { consistency, LogForTest } from "./log_for_test.ts";
import { verifyEntry, type Given, type Trust } from "./verify_entry.ts";

globalThis.crypto ??= webcrypto as Crypto;

function filled(count = 9): LogForTest {
  const log = new LogForTest("ledger.example/saiph");
  for (let i = 0; i < count; ++i) log.add(i);
  return log;
}

function given(log: LogForTest, index: number, proof = log.proof(index)): Given {
  return { index: BigInt(index), proof, keys: [log.verifier], rotations: () => Promise.resolve([]), consistency: (from, to) => Promise.resolve(consistency(log.leaves(Number(to)), Number(from))) };
}

const trusting = (log: LogForTest, checkpoint: string | null = null): Trust => ({ key: log.verifier, checkpoint });
const nothing: Trust = { key: null, checkpoint: null };

test("every entry of a log is proven against its pinned key", async () => {
  const log = filled();
  for (let i = 0; i < 9; ++i) {
    const result = await verifyEntry(given(log, i), trusting(log));
    assert.equal(result.conclusion, "proven", JSON.stringify(result.steps));
    assert.equal(result.envelope?.statement.predicate["sequence"], i);
  }
});

test("without a pinned key nothing is proven, and it says so", async () => {
  const log = filled();
  const result = await verifyEntry(given(log, 4), nothing);
  assert.equal(result.conclusion, "unanchored");
  assert.deepEqual(result.steps.map((step) => step.outcome), ["good", "open", "open"]);
});

test("a trusted checkpoint of any size before is the beginning of the log", async () => {
  const log = filled();
  for (let size = 0; size <= 9; ++size) {
    const result = await verifyEntry(given(log, 4), trusting(log, log.checkpoint(size)));
    assert.equal(result.conclusion, "proven", `${size}: ${JSON.stringify(result.steps)}`);
  }
});

test("what was changed is disproved", async () => {
  const log = filled();
  const other = filled();
  const stranger = new LogForTest("stranger.example/log");
  stranger.add(0);
  const changed = log.entries[4]!.slice() as Bytes;
  changed[changed.length - 8]! ^= 1;
  const rolledBack = new LogForTest("ledger.example/saiph");
  rolledBack.add(0);
  const cases: [string, Given, Trust][] = [
    ["an entry of other bytes", given(log, 4, log.proof(4, changed)), trusting(log)],
    ["another entry's place", given(log, 4, log.proof(4, log.entries[5]!)), trusting(log)],
    ["a proof for another entry", given(log, 4, log.proof(5)), trusting(log)],
    ["no proof at all", given(log, 4, "nothing"), trusting(log)],
    ["a size that was not signed", given(log, 4, log.proof(4).replace("\n9\n", "\n8\n")), trusting(log)],
    ["the log of another key", given(other, 4), trusting(log)],
    ["another log", given(stranger, 0), trusting(log)],
    ["a rolled back log", given(log, 4), trusting(log, other.checkpoint(9).replace("\n9\n", "\n10\n"))],
    ["a fork", given(log, 4), trusting(log, other.checkpoint(5))],
    ["a trusted checkpoint of another log", given(log, 4), trusting(log, stranger.checkpoint())],
    ["a wrong consistency proof", { ...given(log, 4), consistency: () => Promise.resolve([new Uint8Array(32)]) }, trusting(log, log.checkpoint(3))],
  ];
  for (const [name, one, trust] of cases) {
    assert.equal((await verifyEntry(one, trust)).conclusion, "disproved", name);
  }
});

test("a pinned key leads over rotations that it signed to later keys, and over no others", async () => {
  const log = filled(3);
  const first = log.verifier;
  const rotations = [log.rotate(), log.rotate()];
  log.add(4);
  const one = (index: number, list = rotations) => ({ ...given(log, index), keys: [first, "middle", log.verifier], rotations: () => Promise.resolve(list) });
  for (let i = 0; i < log.entries.length; ++i) {
    const result = await verifyEntry(one(i), { key: first, checkpoint: null });
    assert.equal(result.conclusion, "proven", `${i}: ${JSON.stringify(result.steps)}`);
  }
  assert.equal((await verifyEntry(one(5, [rotations[1]!]), { key: first, checkpoint: null })).conclusion, "disproved", "a rotation is missing");
  const stolen = filled(3);
  const pinned = stolen.verifier;
  const forged = stolen.rotate(true);
  assert.equal((await verifyEntry({ ...given(stolen, 1), keys: [pinned, stolen.verifier], rotations: () => Promise.resolve([forged]) }, { key: pinned, checkpoint: null })).conclusion, "disproved");
});

test("what could not be found out is not proven", async () => {
  const log = filled();
  const silent = { ...given(log, 4), consistency: () => Promise.reject(new Error("no answer")) };
  assert.equal((await verifyEntry(silent, trusting(log, log.checkpoint(3)))).conclusion, "unanchored");
  assert.equal((await verifyEntry(given(log, 4), { key: "rubbish", checkpoint: null })).conclusion, "unanchored");
  assert.equal((await verifyEntry(given(log, 4), trusting(log, "rubbish"))).conclusion, "unanchored");
});
