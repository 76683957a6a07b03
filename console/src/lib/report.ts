// The report of a scan in JSON Lines (docs/formats/scan-report.md): one row a file, the last row is the summary.
// A row that cannot be read is counted, never passed over in silence.
import type { Severity, Verdict } from "../api/schema.ts";

export type Place = { path: string; offset?: number | null; line?: number | null; part?: string | null };
export type ReportFinding = { rule: string; severity: Severity; title: string; detail: string; excerpt: string; location: Place; suppressed_by?: string };
export type ReportReason = { code: string; message: string };
export type ReportFile = { path: string; digest: string | null; size: number; types: string[]; verdict: Verdict; reasons: ReportReason[]; findings: ReportFinding[]; findings_dropped: number };
export type ReportSummary = { files: number; artefacts: number; bytes: number; files_clean: number; files_with_findings: number; files_incomplete: number; seconds: number; started_at: string; rules: { version: string; count: number }; program: { version: string } };
export type Report = { files: ReportFile[]; summary: ReportSummary | null; unread: number; more: number };

const kOrder: Severity[] = ["critical", "high", "medium", "low", "info"];

/** Worst first: by the worst finding, then what was not examined, then the rest as the report has it. */
function rank(file: ReportFile): number {
  const worst = Math.min(kOrder.length, ...file.findings.map((finding) => kOrder.indexOf(finding.severity)));
  return file.findings.length > 0 && file.verdict === "findings" ? worst : file.verdict === "incomplete" ? 10 : file.findings.length > 0 ? 11 : 12;
}

/** Keeps the worst files when there are more than `keep`. */
export function readReport(text: string, keep = 400): Report {
  const files: ReportFile[] = [];
  let summary: ReportSummary | null = null;
  let unread = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      const row = JSON.parse(line) as { summary?: ReportSummary } & Partial<ReportFile>;
      if (row.summary !== undefined) summary = row.summary;
      else if (typeof row.path === "string" && Array.isArray(row.findings) && Array.isArray(row.reasons)) files.push(row as ReportFile);
      else ++unread;
    } catch {
      ++unread;
    }
  }
  const sorted = files.map((file, i) => ({ file, i })).sort((a, b) => rank(a.file) - rank(b.file) || a.i - b.i).map(({ file }) => file);
  return { files: sorted.slice(0, keep), summary, unread, more: Math.max(0, sorted.length - keep) };
}

export function placeOf({ path, part, line, offset }: Place): string {
  return [path, part ?? "", typeof line === "number" ? `line ${line}` : "", typeof offset === "number" ? `offset ${offset}` : ""].filter((word) => word !== "").join(", ");
}
