import { useEffect, useState } from "preact/hooks";
import { address, call, saveAs, send } from "../api/client.ts";
import { asProblem, useResource } from "../api/resource.ts";
import type { Scan } from "../api/schema.ts";
import { count, duration, moment, plural, size } from "../lib/format.ts";
import { placeOf, readReport, type ReportFile } from "../lib/report.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Icon } from "../ui/icons.tsx";
import { Button, Card, Digest, Empty, EntryLink, Notice, PageHead, Path, SeverityBadge, Shown, Time, VerdictBadge } from "../ui/parts.tsx";
import { toast } from "../ui/toasts.tsx";
import { ScanState } from "./scans.tsx";

const crumbs = [{ href: "/scans", text: "Scans" }];
const active = (scan: Scan) => scan.state === "queued" || scan.state === "running";

export function ScanPage({ parameters }: PageProps) {
  const id = parameters["id"]!;
  const scan = useResource(`scan/${id}`, async (signal) => (await call("getScan", { path: { id }, signal })).data, ["scan"]);
  const [told, setTold] = useState<Scan | null>(null);
  const mayScan = useMay("scan");
  const now = told !== null && told.id === id && scan.data !== null && active(scan.data) ? told : scan.data;
  const watching = scan.data !== null && active(scan.data);
  const { reload } = scan;

  useEffect(() => {
    if (!watching) return;
    const source = new EventSource(address("watchScan", { id }));
    source.addEventListener("scan", (event) => {
      const one = JSON.parse((event as MessageEvent<string>).data) as Scan;
      setTold(one);
      if (!active(one)) {
        source.close();
        reload();
      }
    });
    // The stream ends with the scan: what it says last is read again in the ordinary way.
    source.onerror = () => {
      source.close();
      reload();
    };
    return () => source.close();
  }, [watching, id, reload]);

  const cancel = async () => {
    try {
      await call("cancelScan", { path: { id } });
      reload();
    } catch (error) {
      const problem = asProblem(error);
      toast("critical", `Not cancelled: ${problem.detail || problem.title}`);
      reload();
    }
  };

  return (
    <>
      <PageHead title={now?.label ?? "Scan"} crumbs={crumbs}>
        {now && active(now) && mayScan && <Button kind="danger" onClick={() => void cancel()}><Icon name="stop" /> Cancel the scan</Button>}
      </PageHead>
      <Shown of={scan} lines={6}>{() => now && <Watched scan={now} />}</Shown>
    </>
  );
}

function Watched({ scan }: { scan: Scan }) {
  return (
    <div class="stack">
      <div class="grid grid-aside">
        <Card title={active(scan) ? "At work" : "What came out"}>
          {active(scan) ? (
            <div class="stack-tight" aria-live="polite">
              <div class="progress unknown" role="progressbar" aria-label="The scan is at work"><i /></div>
              <p>{scan.state === "queued" ? "Waiting for its turn." : <>{plural(scan.files, "file")} and {size(scan.bytes)} read so far, {plural(scan.findings, "finding")}.</>} You can leave this page: the scan goes on.</p>
            </div>
          ) : scan.state === "failed" ? (
            <Notice tone="critical" icon="bad"><p><b>The scan failed, so nothing is known about the artefact.</b> {scan.error}</p><p>Try again. If it stays so, treat the artefact as dangerous: a file on which a reader fails was often made for that.</p></Notice>
          ) : scan.state === "cancelled" ? (
            <Notice tone="info" icon="stop"><p><b>Cancelled.</b> Nothing is known about what it had not read yet, and no report was recorded.</p></Notice>
          ) : (
            <div class="row" style={{ alignItems: "flex-start" }}>
              <VerdictBadge of={scan.verdict} />
              <p class="grow">{scan.verdict === "findings" ? "At least one rule has something to say. Read the findings below and decide on each."
                : scan.verdict === "incomplete" ? "Not everything could be examined. The reasons are below; treat what they name as not scanned."
                : "Nothing was found in what was examined, with the rules of this version. That does not make it harmless."}</p>
            </div>
          )}
        </Card>
        <Card title="In short">
          <dl class="facts">
            <dt>State</dt><dd><ScanState of={scan.state} /></dd>
            <dt>From</dt><dd>{scan.kind === "upload" ? "an upload" : "a path of the server"}</dd>
            <dt>Files</dt><dd class="number">{count(scan.files)}</dd>
            <dt>Read</dt><dd class="number">{size(scan.bytes)}</dd>
            <dt>Findings</dt><dd class="number">{count(scan.findings)}</dd>
            <dt>Asked for</dt><dd><Time of={scan.created} /></dd>
            {scan.started && scan.finished && <><dt>Took</dt><dd>{duration(scan.started, scan.finished)}</dd></>}
            <dt>Evidence</dt><dd>{scan.entry === null ? <span class="soft">none yet</span> : <EntryLink index={scan.entry} />}</dd>
          </dl>
        </Card>
      </div>
      {scan.state === "done" && <ReportView id={scan.id} label={scan.label} />}
    </div>
  );
}

function ReportView({ id, label }: { id: string; label: string }) {
  const report = useResource(`report/${id}`, async (signal) => readReport((await call("getScanReport", { path: { id }, signal })).data));
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    try {
      saveAs(await (await send("getScanReport", { path: { id } })).blob(), `${label.replace(/[^A-Za-z0-9._-]+/g, "_")}.saiph.jsonl`);
    } catch (error) {
      toast("critical", asProblem(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="The report" note={report.data?.summary ? `${plural(report.data.summary.files, "file")}, ${plural(report.data.summary.artefacts, "artefact")} in them, ${count(report.data.summary.rules.count)} rules, begun ${moment(report.data.summary.started_at)}` : undefined}
          action={<Button kind="compact" busy={busy} onClick={() => void download()}><Icon name="download" size={15} /> Download</Button>}>
      <Shown of={report} lines={5}>
        {(data) => (
          <div class="stack">
            {data.unread > 0 && <Notice tone="open" icon="open"><p><b>{plural(data.unread, "row")} of the report could not be read here.</b> Download it to see everything.</p></Notice>}
            {data.files.length === 0 && <Empty icon="open" title="The report names no file" />}
            {data.files.filter((file) => !isQuiet(file)).map((file, i) => <FileReport key={file.path} file={file} open={i < 12} />)}
            <QuietFiles files={data.files.filter(isQuiet)} />
            {data.more > 0 && <p class="soft small">{plural(data.more, "more file")} without findings in the downloaded report.</p>}
          </div>
        )}
      </Shown>
    </Card>
  );
}

const isQuiet = (file: ReportFile) => file.findings.length === 0 && file.reasons.length === 0;

function QuietFiles({ files }: { files: ReportFile[] }) {
  if (files.length === 0) return null;
  return (
    <details>
      <summary>{plural(files.length, "file")} in which nothing was found</summary>
      <ul class="small anywhere plain">{files.map((file) => <li key={file.path}><Path of={file.path} /> <span class="soft">{size(file.size)} · {file.types.join(", ") || "no known format"}</span></li>)}</ul>
    </details>
  );
}

function FileReport({ file, open }: { file: ReportFile; open: boolean }) {
  const head = (
    <span class="row">
      <b class="anywhere"><Path of={file.path} /></b> <VerdictBadge of={file.verdict} /> <span class="soft small">{size(file.size)} · {file.types.join(", ") || "no known format"}</span>
    </span>
  );
  return (
    <details open={open}>
      <summary>{head}</summary>
      <div class="stack-tight">
        {file.digest && <p class="small"><Digest of={file.digest} full /></p>}
        <ul class="steps">
          {file.findings.map((finding, i) => (
            <li key={i}>
              <div class="grow stack-tight">
                <div class="row"><SeverityBadge of={finding.severity} /> <b class="grow">{finding.title}</b></div>
                <div>{finding.detail}</div>
                {finding.excerpt !== "" && <div class="code-block">{finding.excerpt}</div>}
                <p><code>{placeOf(finding.location)}</code> · <a href={`/findings?state=all&rule=${finding.rule}`}>{finding.rule}</a>{finding.suppressed_by !== undefined && <> · suppressed: {finding.suppressed_by}</>}</p>
              </div>
            </li>
          ))}
          {file.reasons.map((reason, i) => (
            <li key={`r${i}`} class="tone-open"><Icon name="hide" /><div><b>Not examined fully: {reason.code}</b><p>{reason.message}</p></div></li>
          ))}
        </ul>
        {file.findings_dropped > 0 && <p class="soft small">{plural(file.findings_dropped, "more finding")} of the same rules counted but not kept.</p>}
      </div>
    </details>
  );
}
