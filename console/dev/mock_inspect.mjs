// A stand-in for the inspection of texts: a handful of made-up rules, so that every state of the page can be seen.
const references = ["OWASP:LLM01", "ATLAS:AML.T0051.001", "EN-304-223:5.2.1-4.1"];
const rules = [
  ["override-ignore-previous", "The text tells its reader to ignore earlier instructions", "high", 0.62, 1, /ignore all previous instructions/gi, references],
  ["extraction-system-prompt", "The text asks for the system prompt", "high", 0.55, 1, /(?:print|reveal|show)[a-z ]{0,20} system prompt/gi, ["OWASP:LLM07"]],
  ["document-speaks-to-assistant", "A document speaks to the assistant", "medium", 0.35, 1, /note to the assistant/gi, references],
  ["pii.iban", "International bank account number", "medium", 0, 0.99, /\bDE\d\d(?: ?\d{4}){4} ?\d\d\b/g, ["EN-304-223:5.2.1-4"]],
  ["pii.card", "Number of a payment card", "medium", 0, 0.97, /\b4\d{3}(?: ?\d{4}){3}\b/g, ["EN-304-223:5.2.1-4"]],
  ["pii.email", "E-mail address", "low", 0, 0.9, /[\w.]+@[\w.]+\.\w+/g, []],
  ["output-image-carries-data", "A picture's address carries data out", "high", 0.7, 1, /!\[[^\]]*\]\([^)]*\?[^)]*\)/g, ["OWASP:LLM02"]],
  ["inspect-tag-characters", "Invisible tag characters", "high", 0.6, 1, /[\u{e0000}-\u{e007f}]+/gu, references],
  ["inspect-zero-width", "Invisible characters within words", "low", 0.05, 1, /[\u200b-\u200d]+/g, []],
];

function redacted(text, findings, form) {
  const places = findings.filter((finding) => finding.rule.startsWith("pii.") && finding.view.length === 0);
  const data = Buffer.from(text);
  const tokens = [];
  let copy = "";
  let at = 0;
  for (const { rule, offset, length } of places) {
    const value = data.subarray(offset, offset + length).toString();
    const label = rule.slice(4).toUpperCase();
    const token = `<${label}_${Buffer.from(value).toString("hex").toUpperCase().padEnd(16, "A").slice(0, 16)}>`;
    if (form === "token" && !tokens.some((row) => row.token === token)) tokens.push({ token, value });
    copy += data.subarray(at, offset).toString() + (form === "label" ? `[${label}]` : form === "mask" ? value.replace(/[\p{L}\p{N}]/gu, "*") : token);
    at = offset + length;
  }
  return { text: copy + data.subarray(at).toString(), places: places.length, ...(tokens.length > 0 ? { tokens } : {}) };
}

/** The answer to POST /api/v1/inspect. A text that begins with "incomplete:" meets a limit. */
export function inspect({ text, channel = "user", views = false, redact = "none" }) {
  const bytes = (part) => Buffer.byteLength(part);
  const readings = [{ how: [], text: text.replace(/[\u200b-\u200d\u{e0000}-\u{e007f}]/gu, "").toLowerCase(), at: null }];
  for (const match of text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)) {
    const where = [bytes(text.slice(0, match.index)), bytes(match[0])];
    readings.push({ how: [`base64 at ${where[0]}..${where[0] + where[1]}`], text: Buffer.from(match[0], "base64").toString("utf8").toLowerCase(), at: where });
  }
  for (const match of text.matchAll(/[\u{e0020}-\u{e007e}]{4,}/gu)) {
    const where = [bytes(text.slice(0, match.index)), bytes(match[0])];
    readings.push({ how: [`tag characters at ${where[0]}..${where[0] + where[1]}`], text: [...match[0]].map((one) => String.fromCodePoint(one.codePointAt(0) - 0xe0000)).join("").toLowerCase(), at: where });
  }
  const findings = [];
  const state = ([rule, title, severity, score, confidence, , references_], offset, length, view) => findings.push({ rule, title, severity, score, confidence, offset, length, view, references: references_ });
  for (const rule of rules) {
    for (const match of text.matchAll(rule[5])) state(rule, bytes(text.slice(0, match.index)), bytes(match[0]), []);
    for (const { how, text: reading, at } of readings.slice(1)) if (new RegExp(rule[5].source, rule[5].flags.replace("g", "")).test(reading)) state(rule, ...at, how);
  }
  findings.sort((a, b) => a.offset - b.offset);
  const sum = Math.min(1, [...new Map(findings.map((finding) => [finding.rule, finding.score])).values()].reduce((a, b) => a + b, 0));
  const classifier = sum > 0 ? 0.71 : 0.03;
  const score = 1 - (1 - sum) * (1 - classifier);
  const incomplete = text.startsWith("incomplete:") ? ["more than 256 readings"] : [];
  const verdict = score >= 0.8 ? "block" : incomplete.length > 0 ? "incomplete" : score >= 0.6 ? "flag" : "allow";
  const reasons = verdict === "block" || verdict === "flag" ? [`the score ${score.toFixed(2)} reaches ${verdict === "block" ? "0.80, where texts are blocked" : "0.60, where texts are flagged"}`] : incomplete.map((reason) => `not everything could be looked at: ${reason}`);
  return {
    verdict, score, findings, channel, bytes: bytes(text), rules_score: sum, classifier_score: classifier, views: readings.length, reasons, incomplete,
    ...(views ? { seen: readings.map(({ how, text: reading }) => ({ how, text: reading.slice(0, 4096), cut: reading.length > 4096 })) } : {}),
    ...(redact === "none" ? {} : { redacted: redacted(text, findings, redact) }),
    version: "rules 3f2a90c1, model 91bc07de55a1",
  };
}
