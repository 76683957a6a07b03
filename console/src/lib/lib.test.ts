import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ago, duration, plural, predicateName, size } from "./format.ts";
import { qrCode } from "./qr.ts";
import { placeOf, readReport } from "./report.ts";

test("sizes, times and counts as people write them", () => {
  assert.equal(size(0), "0 bytes");
  assert.equal(size(1023), "1,023 bytes");
  assert.equal(size(1024), "1.0 KiB");
  assert.equal(size(10 * 1024 ** 3), "10 GiB");
  assert.equal(plural(1, "entry", "entries"), "1 entry");
  assert.equal(plural(1200, "entry", "entries"), "1,200 entries");
  const now = Date.parse("2026-01-02T03:04:05Z");
  assert.equal(ago("2026-01-02T03:04:01Z", now), "just now");
  assert.equal(ago("2026-01-02T03:00:05Z", now), "4 minutes ago");
  assert.equal(ago("2026-01-01T03:04:05Z", now), "yesterday");
  assert.equal(duration("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.033Z"), "33 ms");
  assert.equal(duration("2026-01-02T03:04:05.000Z", "2026-01-02T03:06:35.000Z"), "2 min 30 s");
  assert.equal(predicateName("urn:saiph:predicate:scan-report:v1"), "scan-report");
});

test("a report's worst files come first, and what cannot be read is counted", () => {
  const row = (path: string, verdict: string, severity = "low") => JSON.stringify({ path, digest: null, size: 1, types: [], verdict, reasons: [], findings: verdict === "findings" ? [{ severity }] : [], findings_dropped: 0 });
  const report = readReport([row("a", "clean"), row("b", "findings"), row("d", "findings", "critical"), "{broken", row("c", "incomplete"), '{"other":1}', '{"summary":{"files":3}}', ""].join("\n"), 2);
  assert.deepEqual(report.files.map((file) => file.path), ["d", "b"]);
  assert.deepEqual([report.more, report.unread, report.summary?.files], [2, 2, 3]);
  assert.equal(placeOf({ path: "a.zip!b", part: "data.pkl", offset: 0 }), "a.zip!b, data.pkl, offset 0");
});

test("QR codes: modules as another program has read them", () => {
  // Each of these was read back by zbar from a screenshot or a picture before its digest was written here.
  const cases: [string, number, string][] = [
    ["SAIPH", 21, "308a499c7a852c8c"],
    ["otpauth://totp/Saiph:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Saiph&algorithm=SHA1&digits=6&period=30", 45, "58d8c39519b9aa94"],
    [`otpauth://totp/${"x".repeat(240)}`, 65, "09fef98550d37991"],
  ];
  for (const [text, width, digest] of cases) {
    const code = qrCode(text)!;
    assert.equal(code.length, width);
    assert.equal(createHash("sha256").update(code.map((line) => line.map(Number).join("")).join("\n")).digest("hex").slice(0, 16), digest);
  }
  assert.equal(qrCode("x".repeat(1000)), null);
});
