// A stand-in for `saiph serve` while the console is worked on: node dev/mock.mjs [PORT] [--empty|--setup]
// It answers from sample data in memory and keeps a real little ledger (Ed25519, Merkle tree), so that the
// console's own check of proofs has something true to check. Everything it knows is made up. Log in as
// admin, operator, auditor or reporter with any password; "admin-totp" is asked for a second factor.
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "./mock_inspect.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const port = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 8790);
const empty = process.argv.includes("--empty");
let needed = process.argv.includes("--setup");
const document = JSON.parse(readFileSync(join(root, "src/server/openapi.json"), "utf8"));

// ---- the ledger ----
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const leafOf = (entry) => sha256(Uint8Array.of(0), entry);
const nodeOf = (left, right) => sha256(Uint8Array.of(1), left, right);
const half = (n) => { let k = 1; while (k * 2 < n) k *= 2; return k; };
const tree = (leaves) => (leaves.length === 0 ? sha256() : leaves.length === 1 ? leaves[0] : nodeOf(tree(leaves.slice(0, half(leaves.length))), tree(leaves.slice(half(leaves.length)))));
const inclusion = (leaves, i) => {
  if (leaves.length <= 1) return [];
  const k = half(leaves.length);
  return i < k ? [...inclusion(leaves.slice(0, k), i), tree(leaves.slice(k))] : [...inclusion(leaves.slice(k), i - k), tree(leaves.slice(0, k))];
};
const consistency = (leaves, m, whole = true) => {
  const n = leaves.length;
  if (m === n) return whole ? [] : [tree(leaves)];
  const k = half(n);
  return m <= k ? [...consistency(leaves.slice(0, k), m, whole), tree(leaves.slice(k))] : [...consistency(leaves.slice(k), m - k, false), tree(leaves.slice(0, k))];
};
const origin = "ledger.example/saiph";
const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(Array.from({ length: 32 }, (_, i) => i))]), format: "der", type: "pkcs8" });
const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
const publicKey = spki.subarray(12);
const keyId = sha256(origin, "\n", Uint8Array.of(1), publicKey).subarray(0, 4);
const verifier = `${origin}+${keyId.toString("hex")}+${Buffer.concat([Uint8Array.of(1), publicKey]).toString("base64")}`;
const fingerprint = `sha256:${sha256(spki).toString("hex")}`;
const entries = [];
const events = [];
const checkpoint = () => {
  const text = `${origin}\n${entries.length}\n${tree(entries.map(leafOf)).toString("base64")}\n`;
  return `${text}\n\u2014 ${origin} ${Buffer.concat([keyId, sign(null, text, privateKey)]).toString("base64")}\n`;
};
function append(type, subject, predicate, actor = null) {
  const statement = { _type: "https://in-toto.io/Statement/v1", subject: [{ name: subject, digest: { sha256: sha256(subject).toString("hex") } }], predicateType: `urn:saiph:predicate:${type}:v1`, predicate };
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = sign(null, Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]), privateKey);
  entries.push(Buffer.from(JSON.stringify({ payloadType: "application/vnd.in-toto+json", payload: payload.toString("base64"), signatures: [{ keyid: fingerprint, sig: signature.toString("base64") }] })));
  const index = entries.length - 1;
  events.unshift({ index, time: predicate.time ?? new Date().toISOString(), type: `urn:saiph:predicate:${type}:v1`, subject, actor, what: predicate.what ?? null, incomplete: null });
  return index;
}

// ---- sample data ----
const now = Date.now();
const at = (hours) => new Date(now - hours * 3_600_000).toISOString();
const id = () => { const hex = randomUUID(); return `0198a1b2-c3d4-7${hex.slice(15, 18)}-8${hex.slice(20, 23)}-${hex.slice(24)}`; };
const digestOf = (name) => `sha256:${sha256(name).toString("hex")}`;
const none = () => ({ critical: 0, high: 0, medium: 0, low: 0, info: 0 });
const account = (name, display, role, more = {}) => ({ id: id(), name, display, role, disabled: false, totp: false, password: true, oidc: false, created: at(900), version: 1, ...more });
const accounts = [account("admin", "First keeper", "admin", { totp: true }), account("operator", "Night shift", "operator"), account("auditor", "External audit", "auditor", { totp: true }), account("reporter", "Build farm", "reporter", { password: false, oidc: true }), account("former", "", "operator", { disabled: true })];
const permissions = { admin: ["read", "read-ledger", "read-settings", "read-metrics", "scan", "report", "suppress", "own-tokens", "administer"], operator: ["read", "read-ledger", "read-metrics", "scan", "report", "suppress", "own-tokens"], auditor: ["read", "read-ledger", "read-settings", "read-metrics"], reporter: ["read", "report", "own-tokens"] };
const rules = [
  ["pickle-dangerous-callable", "critical", "Loading this pickle calls a function that can run code or reach outside"],
  ["pickle-unknown-call", "high", "Loading this pickle calls a function that nobody has reviewed"],
  ["archive-path-escape", "high", "A member's path leads out of the folder into which the archive is unpacked"],
  ["secret-in-artefact", "medium", "The file holds what looks like a credential"],
  ["pickle-unreviewed-class", "medium", "The pickle rebuilds objects of a class that needs review"],
  ["model-card-missing", "low", "The repository has no model card"],
  ["pickle-import-only", "info", "The pickle refers to a name that it does not use while loading"],
].map(([rule, severity, title]) => ({ id: rule, title, severity, maturity: rule === "secret-in-artefact" ? "beta" : "stable", meaning: "The stream calls, or hands to something that calls, a function that runs commands or code, reads or writes files, opens connections or loads further pickles. This happens while the file is loaded, before any check of your own can act.", remedy: "Do not load the file. Ask its publisher for the weights in safetensors. If it was loaded already, treat the machine and its credentials as compromised.", references: ["EN-304-223:5.2.3-1", "EN-304-223:5.2.1-4.1", "ATLAS:AML.T0010.003", "ATLAS:AML.T0011.000", "OWASP:LLM03", "CWE-502"] }));
const assets = [];
const findings = [];
const scans = [];
const suppressions = [];
const tokens = [];
let settings = { retention_days: 365, legal_hold: false, version: 1, scan_roots: ["/srv/models"], max_upload_bytes: 10737418240, public_tiles: false, saiph: "0.1.0" };

function addAsset(name, kind, verdict, hours, list, scan = null) {
  const entry = append("scan-report", name, { tool: "saiph", version: "0.1.0", rules: "84466c3819c9", started_at: at(hours), mode: "full", fail_on: "high", exit_code: list.length ? 1 : 0, files: 1 });
  const asset = { id: String(1000 + assets.length), kind: "artefact", name, bytes: 48_120 + 977 * name.length ** 2, types: [{ model: "pickle", archive: "zip", notebook: "notebook", "data set": "parquet" }[kind]], replaced: name.startsWith("churn"), digest: verdict === "incomplete" ? null : digestOf(name), verdict, findings: none(), first_seen: at(hours + 30), last_seen: at(hours), scan, entry };
  assets.unshift(asset);
  for (const [rule, location, detail] of list) {
    const row = rules.find((one) => one.id === rule);
    findings.push({ id: String(5000 + findings.length), rule, title: row.title, severity: row.severity, state: "open", asset: asset.id, asset_name: name, digest: asset.digest, location: { path: location.split(", ")[0], offset: Number(/offset (\d+)/.exec(location)?.[1] ?? 14), line: null, part: null }, detail, excerpt: row.severity === "critical" ? "os.system('echo saiph')" : "", references: row.references.slice(0, 2), fingerprint: `sha256:${sha256(location).toString("hex")}`, first_seen: at(hours + (findings.length % 4) * 20), last_seen: at(hours), suppression: null, suppressed_by: null, entry });
  }
  return asset;
}
if (!empty) {
  append("heartbeat", "saiph", { time: at(720), sequence: 0 });
  addAsset("churn/model.safetensors", "model", "clean", 400, []);
  addAsset("/srv/models/vision/experiments-of-last-year/resnet50-finetuned-very-long-name-of-a-checkpoint-epoch-0042.pt", "model", "findings", 200, [["pickle-unreviewed-class", "resnet50.pt!data.pkl, offset 1220", "Rebuilds acme.training.Checkpoint, which is on no list of reviewed classes."], ["pickle-import-only", "resnet50.pt!data.pkl, offset 88", "Refers to torch.nn.modules.linear.Linear."]]);
  addAsset("datasets/support-tickets.parquet", "data set", "findings", 120, [["secret-in-artefact", "column body, row group 3", "An access key of a cloud provider, masked: AKIA************7Q2X"]]);
  addAsset("llm/guard-7b.gguf", "model", "incomplete", 90, []);
  addAsset("notebooks/exploration.ipynb", "notebook", "findings", 60, [["model-card-missing", "the repository", "There is no README.md or model card beside the weights."]]);
  addAsset("third-party/sentiment.pkl", "model", "findings", 30, [["pickle-dangerous-callable", "sentiment.pkl, offset 14", "Calls posix.system with one argument: \"true\"."], ["pickle-unknown-call", "sentiment.pkl, offset 210", "Calls acme_gadgets.run, which nobody has reviewed."]]);
  addAsset("third-party/bundle.zip", "archive", "findings", 4, [["archive-path-escape", "bundle.zip!../../etc/cron.d/job", "The member's name begins with ../../ and would be written outside."], ["pickle-dangerous-callable", "bundle.zip!weights/model.bin, offset 40", "Calls builtins.exec with one argument."]]);
  for (let i = 1; i < 6; ++i) append("heartbeat", "saiph", { time: at(24 * (6 - i)), sequence: i });
  append("configuration-change", "suppression", { time: at(20), what: "made" }, `hmac:${sha256("operator").toString("hex").slice(0, 32)}`);
  append("auditor-read", "events", { time: at(3), count: 12 }, `hmac:${sha256("auditor").toString("hex").slice(0, 32)}`);
  suppressions.push({ id: id(), rule: "model-card-missing", digest: null, path: "notebooks/**", reason: "Notebooks of the research team are not released; no model card is kept for them.", expires: at(-24 * 11), author: accounts[1].id, created: at(20), revoked: null, active: true, version: 1 });
  const hidden = findings.find((finding) => finding.rule === "model-card-missing");
  Object.assign(hidden, { state: "suppressed", suppression: suppressions[0].id });
  scans.push({ id: id(), kind: "upload", label: "bundle.zip", state: "done", files: 1, bytes: 48_120, findings: 2, verdict: "findings", entry: 6, requested_by: accounts[1].id, created: at(4.1), started: at(4.1), finished: at(4), error: null });
  scans.push({ id: id(), kind: "path", label: "/srv/models/third-party", state: "running", files: 14, bytes: 3_120_400_000, findings: 3, verdict: null, entry: null, requested_by: accounts[0].id, created: at(0.1), started: at(0.1), finished: null, error: null });
  scans.push({ id: id(), kind: "upload", label: "guard-7b.gguf", state: "done", files: 1, bytes: 4_080_218_931, findings: 0, verdict: "incomplete", entry: 4, requested_by: accounts[1].id, created: at(90), started: at(90), finished: at(89.9), error: null });
  scans.push({ id: id(), kind: "upload", label: "upload-broken.tar.gz", state: "failed", files: 0, bytes: 0, findings: 0, verdict: null, entry: null, requested_by: accounts[1].id, created: at(7), started: at(7), finished: at(7), error: "The worker reached its limit of memory and was ended." });
  tokens.push({ id: id(), name: "nightly build", owner: accounts[0].id, scopes: ["read", "scan"], created: at(300), expires: at(-24 * 60), last_used: at(2), revoked: false });
  tokens.push({ id: id(), name: "old dashboard", owner: accounts[0].id, scopes: ["read"], created: at(3000), expires: at(24), last_used: null, revoked: false });
}

function recount() {
  for (const asset of assets) {
    asset.findings = none();
    for (const finding of findings) if (finding.asset === asset.id && finding.state === "open") ++asset.findings[finding.severity];
  }
}
const reportOf = (scan) => {
  const some = findings.filter((finding) => finding.asset_name.endsWith(scan.label));
  const file = { path: scan.label, digest: digestOf(scan.label), size: scan.bytes, types: ["zip"], verdict: scan.verdict ?? "clean", reasons: scan.verdict === "incomplete" ? [{ code: "limit", message: "The limit of time (120 s) was reached.", location: { path: scan.label } }] : [], findings: some.map((finding) => ({ rule: finding.rule, severity: finding.severity, title: finding.title, detail: finding.detail, excerpt: "cposix\nsystem\n(S'true'\ntR.", location: { path: finding.location.path, offset: 14 } })), findings_dropped: 0, artefacts: 9 };
  return `${JSON.stringify(file)}\n${JSON.stringify({ summary: { program: { name: "saiph", version: "0.1.0" }, rules: { version: "84466c3819c9", count: 219 }, files: 1, artefacts: 9, bytes: scan.bytes, files_clean: 0, files_with_findings: 1, files_incomplete: 0, started_at: scan.started, seconds: 0.2 } })}\n`;
};
const overview = () => {
  recount();
  const open = none();
  for (const finding of findings) if (finding.state === "open") ++open[finding.severity];
  const verdict = (name) => assets.filter((asset) => asset.verdict === name).length;
  const days = Array.from({ length: 30 }, (_, i) => {
    const day = new Date(now - (29 - i) * 86_400_000).toISOString().slice(0, 10);
    const wave = (k) => (empty ? 0 : Math.max(0, Math.round(3 * Math.sin(i * k) + (i % 5) - 2)));
    return { day, scans: wave(0.3) + 2, findings: { critical: i % 9 === 4 && !empty ? 1 : 0, high: wave(0.7) % 3, medium: wave(1.1), low: wave(0.5), info: wave(0.9) } };
  });
  return { assets: { total: assets.length, clean: verdict("clean"), findings: verdict("findings"), incomplete: verdict("incomplete") }, open_findings: open, suppressed_findings: findings.filter((f) => f.state === "suppressed").length, scans: { queued: scans.filter((s) => s.state === "queued").length, running: scans.filter((s) => s.state === "running").length, failed_last_day: scans.filter((s) => s.state === "failed").length }, suppressions_expiring: suppressions.filter((s) => s.active).length, ledger_size: entries.length, newest: findings.filter((f) => f.state === "open" && (f.severity === "critical" || f.severity === "high")).slice(0, 10), days };
};

// ---- the server ----
const streams = new Set();
const tell = (topic, data = {}) => { for (const stream of streams) stream.write(`event: ${topic}\ndata: ${JSON.stringify(data)}\n\n`); };
const sessions = new Map();
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const types = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };
const routes = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), form: new RegExp(`^${path.replace(/\{path\}/, "(.+)").replace(/\{\w+\}/g, "([^/]+)")}$`), operation })));
class Refusal extends Error {
  constructor(status, kind, title, detail = "", errors = []) { super(title); this.body = { type: `urn:saiph:problem:${kind}`, title, status, detail, ...(errors.length ? { errors } : {}) }; }
}
const found = (list, key) => list.find((one) => one.id === key) ?? (() => { throw new Refusal(404, "not-found", "There is no such thing", "It may have been removed."); })();
const page = (items) => ({ items, next: null });
const sessionOf = (who) => ({ account: who, permissions: permissions[who.role], kind: "session", csrf: "q0rXk2Vw3d0mJw2t9cQ4oQ1bq0rXk2Vw3d0mJw2t9cQ", expires: at(-12) });

const handlers = {
  getSetup: () => ({ needed, oidc: "Example SSO", version: "0.1.0" }),
  setUp: ({ body, response }) => { needed = false; const who = { ...accounts[0], name: body.name, display: body.display ?? "", totp: false }; accounts[0] = who; logged(response, who); return [201, sessionOf(who)]; },
  logIn: ({ body, response }) => {
    const who = accounts.find((one) => one.name === body.name.replace("-totp", ""));
    if (!who || body.password === "wrong") throw new Refusal(401, "login-refused", "The login was not accepted", "Name, password or code is wrong.");
    if (body.name.endsWith("-totp") && body.totp === undefined) throw new Refusal(401, "totp-required", "The second factor is missing");
    logged(response, who);
    return sessionOf(who);
  },
  whoAmI: ({ who }) => sessionOf(who),
  logOut: ({ cookie }) => { sessions.delete(cookie); },
  getOverview: overview,
  listAssets: ({ query }) => { recount(); return page(assets.filter((a) => (!query.verdict || a.verdict === query.verdict) && (!query.name || a.name.includes(query.name)) && (!query.digest || a.digest === query.digest))); },
  getAsset: ({ parts }) => { recount(); return found(assets, parts[0]); },
  listFindings: ({ query }) => { const order = ["critical", "high", "medium", "low", "info"]; return page(findings.filter((f) => (!query.state || f.state === query.state) && (!query.severity || f.severity === query.severity) && (!query.rule || f.rule === query.rule) && (!query.asset || f.asset === query.asset)).sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))); },
  getFinding: ({ parts }) => { recount(); const finding = found(findings, parts[0]); return { finding, rule: found(rules, finding.rule), asset: found(assets, finding.asset) }; },
  listSuppressions: ({ query }) => page(suppressions.filter((s) => query.active === undefined || String(s.active) === query.active)),
  getSuppression: ({ parts }) => found(suppressions, parts[0]),
  createSuppression: ({ body, who }) => {
    const made = { id: id(), rule: body.rule, digest: body.digest ?? null, path: body.path ?? null, reason: body.reason, expires: body.expires, author: who.id, created: new Date().toISOString(), revoked: null, active: true, version: 1 };
    suppressions.unshift(made);
    for (const f of findings) if (f.rule === made.rule && f.state === "open" && (f.digest === made.digest || made.path === f.asset_name)) Object.assign(f, { state: "suppressed", suppression: made.id });
    append("configuration-change", "suppression", { time: made.created, what: "made" }, "hmac:0a1b2c3d");
    tell("finding"); tell("ledger");
    return [201, made];
  },
  revokeSuppression: ({ parts }) => { const one = found(suppressions, parts[0]); Object.assign(one, { active: false, revoked: new Date().toISOString(), version: 2 }); for (const f of findings) if (f.suppression === one.id) Object.assign(f, { state: "open", suppression: null }); tell("finding"); },
  listScans: ({ query }) => page(scans.filter((s) => !query.state || s.state === query.state)),
  createScan: ({ query, raw, body }) => {
    const scan = { id: id(), kind: body?.path ? "path" : "upload", label: body?.path ?? query.label ?? "upload", state: "running", files: 0, bytes: 0, findings: 0, verdict: null, entry: null, requested_by: accounts[0].id, created: new Date().toISOString(), started: new Date().toISOString(), finished: null, error: null };
    scans.unshift(scan);
    setTimeout(() => { const asset = addAsset(scan.label, "model", "findings", 0, [["pickle-dangerous-callable", `${scan.label}, offset 2`, "Calls posix.system with one argument."]], scan.id); Object.assign(scan, { state: "done", files: 1, bytes: raw.length, verdict: "findings", entry: asset.entry, finished: new Date().toISOString() }); tell("scan"); tell("finding"); tell("ledger"); }, 700);
    tell("scan");
    return [202, scan];
  },
  getScan: ({ parts }) => found(scans, parts[0]),
  cancelScan: ({ parts }) => { Object.assign(found(scans, parts[0]), { state: "cancelled", finished: new Date().toISOString() }); tell("scan"); },
  getScanReport: ({ parts }) => ({ text: reportOf(found(scans, parts[0])), type: "application/jsonl" }),
  listEvents: ({ query }) => page(events.filter((e) => !query.type || e.type.includes(`:${query.type}:`)).slice(0, 50)),
  getLedger: () => ({ origin, size: entries.length, root: tree(entries.map(leafOf)).toString("base64"), checkpoint: checkpoint(), keys: [{ verifier, fingerprint, algorithm: "ed25519", current: true }] }),
  getEntry: ({ parts }) => ({ text: entries[parts[0]].toString(), type: "application/json" }),
  getProof: ({ parts }) => {
    const index = Number(parts[0]);
    if (!(index < entries.length)) throw new Refusal(404, "not-found", "There is no such thing", `The ledger has ${entries.length} entries.`);
    return { text: `c2sp.org/tlog-proof@v1\nextra ${entries[index].toString("base64")}\nindex ${index}\n${inclusion(entries.map(leafOf), index).map((hash) => `${hash.toString("base64")}\n`).join("")}\n${checkpoint()}`, type: "text/plain" };
  },
  getConsistency: ({ query }) => { const to = Number(query.to ?? entries.length); return { from: Number(query.from), to, path: consistency(entries.slice(0, to).map(leafOf), Number(query.from)).map((hash) => hash.toString("base64")) }; },
  makeEvidencePack: () => ({ text: "tar", type: "application/x-tar" }),
  exportLedger: () => ({ text: "tar", type: "application/x-tar" }),
  listAccounts: () => page(accounts),
  createAccount: ({ body }) => { const made = account(body.name, body.display ?? "", body.role); accounts.push(made); return [201, made]; },
  changeAccount: ({ parts, body }) => { const one = found(accounts, parts[0]); Object.assign(one, body, { version: one.version + 1 }); return one; },
  beginTotp: () => ({ secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri: "otpauth://totp/Saiph:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Saiph&algorithm=SHA1&digits=6&period=30" }),
  confirmTotp: ({ who }) => { who.totp = true; return { recovery_codes: Array.from({ length: 10 }, (_, i) => `k7fq-2mzp-9xw${i}`) }; },
  setPassword: () => undefined,
  endSessions: () => undefined,
  listTokens: () => page(tokens),
  createToken: ({ body, who }) => { const token = { id: id(), name: body.name, owner: who.id, scopes: body.scopes, created: new Date().toISOString(), expires: body.expires, last_used: null, revoked: false }; tokens.unshift(token); return [201, { token, secret: "saiph_api_0000000000000000000000000000000000000000000" }]; },
  revokeToken: ({ parts }) => { found(tokens, parts[0]).revoked = true; },
  getSettings: () => settings,
  changeSettings: ({ body }) => (settings = { ...settings, ...body, version: settings.version + 1 }),
  makeBackup: () => [201, { file: "state-20260102T030405.678Z.db", bytes: 183_296, digest: digestOf("backup"), created: new Date().toISOString() }],
  getHealth: () => ({ status: "ok", version: "0.1.0", started: at(50), checks: [{ name: "ledger", ok: true, detail: `${entries.length} entries, signed 3 s ago` }, { name: "state", ok: true, detail: "schema 1, 180 KiB" }, { name: "scans", ok: true, detail: "1 at work, none waiting" }] }),
  inspectText: ({ body }) => {
    if (body.text.startsWith("unavailable:")) throw new Refusal(503, "unavailable", "Not now", "This server inspects no texts.");
    if (body.text.startsWith("invalid:")) throw new Refusal(400, "invalid-request", "The request's form is wrong", "", [{ in: "body", name: "/text", message: "must be a text" }]);
    return inspect(body);
  },
  listRules: ({ query }) => page(rules.filter((rule) => !query.severity || rule.severity === query.severity)),
};

function logged(response, who) {
  const cookie = randomUUID();
  sessions.set(cookie, who);
  response.setHeader("Set-Cookie", `saiph=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
}

async function answer(request, response) {
  const url = new URL(request.url, "http://mock");
  const route = routes.find(({ method, form }) => method === request.method && form.test(url.pathname));
  if (!route) return asset(url.pathname, response);
  const cookie = /saiph=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const who = sessions.get(cookie);
  if (!who && route.operation.security.length > 0) throw new Refusal(401, "unauthenticated", "Nobody is logged in");
  if (who && !route.operation["x-saiph-roles"].includes(who.role)) throw new Refusal(403, "forbidden", "Your role does not allow this");
  const name = route.operation.operationId;
  if (name === "watchAll" || name === "watchScan") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": here\n\n");
    streams.add(response);
    request.on("close", () => streams.delete(response));
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const body = request.headers["content-type"] === "application/json" ? JSON.parse(raw) : undefined;
  const handler = handlers[name];
  if (!handler) throw new Refusal(503, "unavailable", "The mock does not do this", name);
  const result = handler({ body, raw, who, cookie, response, query: Object.fromEntries(url.searchParams), parts: route.form.exec(url.pathname).slice(1) });
  const [status, data] = Array.isArray(result) ? result : [result === undefined ? 204 : 200, result];
  if (data?.text !== undefined) response.writeHead(status, { "Content-Type": data.type }).end(data.text);
  else if (data === undefined) response.writeHead(204).end();
  else response.writeHead(status, { "Content-Type": "application/json", ...(data.version ? { ETag: `"v${data.version}"` } : {}) }).end(JSON.stringify(data));
}

function asset(path, response) {
  const name = /\.\w+$/.test(path) ? path : "/index.html";
  try {
    const bytes = readFileSync(join(root, "build/console", normalize(name)));
    response.writeHead(200, { "Content-Type": types[name.split(".").pop()] ?? "application/octet-stream", "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    const body = error.body ?? { type: "urn:saiph:problem:internal", title: "A fault of the mock", status: 500, detail: String(error.stack) };
    response.writeHead(body.status, { "Content-Type": "application/problem+json" }).end(JSON.stringify(body));
  });
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
