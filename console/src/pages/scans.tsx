import { useRef, useState } from "preact/hooks";
import { call, upload, type Problem } from "../api/client.ts";
import { asProblem, usePages, useResource } from "../api/resource.ts";
import type { Scan, Settings } from "../api/schema.ts";
import { count, size } from "../lib/format.ts";
import { navigate, setQuery } from "../router.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Icon } from "../ui/icons.tsx";
import { Button, Card, Empty, EntryLink, Failure, PageHead, Path, Rows, Select, TextField, Time, VerdictBadge, type Tone } from "../ui/parts.tsx";
import { toast } from "../ui/toasts.tsx";

const words: Record<Scan["state"], { tone: Tone; text: string }> = {
  queued: { tone: "info", text: "Waiting" },
  running: { tone: "accent", text: "Running" },
  done: { tone: "good", text: "Done" },
  failed: { tone: "critical", text: "Failed" },
  cancelled: { tone: "info", text: "Cancelled" },
};

export function ScanState({ of }: { of: Scan["state"] }) {
  return <span class={`badge tone-${words[of].tone}`}>{words[of].text}</span>;
}

export function ScansPage({ place }: PageProps) {
  const state = (place.query.get("state") ?? "") as Scan["state"] | "";
  const mayScan = useMay("scan");
  const settings = useResource("settings", async (signal) => (await call("getSettings", { signal })).data);
  const scans = usePages<Scan>(`scans/${state}`, async (cursor, signal) =>
    (await call("listScans", { query: { limit: 50, ...(state === "" ? {} : { state }), ...(cursor === null ? {} : { cursor }) }, signal })).data, ["scan"]);
  return (
    <>
      <PageHead title="Scans" lead="A scan reads a file in a confined process of its own, without ever loading it. Its report becomes an entry of the ledger." />
      <div class="stack">
        {mayScan && <NewScan settings={settings.data} />}
        <div class="filters">
          <Select label="State" value={state} onValue={(value) => setQuery({ state: value })} options={[{ value: "", text: "All" }, ...Object.entries(words).map(([value, { text }]) => ({ value: value as Scan["state"], text }))]} />
        </div>
        <section class="card flush" aria-label="Scans">
          <Rows of={scans} noun={["scan", "scans"]} empty={
            <Empty icon="scans" title={state === "" ? "No scan has been asked for yet" : "No scan is in this state"}>
              {state === "" && <p>{mayScan ? "Drop a file above to begin. " : ""}Programs can ask for scans, too: make a token with the scope “scan” in Settings and send the file to <code>POST /api/v1/scans</code>.</p>}
            </Empty>
          }>
            {(rows) => (
              <table class="table cards">
                <thead><tr><th>Scan</th><th>State</th><th>Verdict</th><th class="right">Files</th><th class="right">Read</th><th>Asked for</th><th>Evidence</th></tr></thead>
                <tbody>
                  {rows.map((scan) => (
                    <tr key={scan.id} class="link">
                      <td class="primary anywhere"><a href={`/scans/${scan.id}`}><Path of={scan.label} /></a><span class="sub">{scan.kind === "upload" ? "uploaded" : "path of the server"}</span></td>
                      <td data-label="State"><ScanState of={scan.state} /></td>
                      <td data-label="Verdict"><VerdictBadge of={scan.verdict} /></td>
                      <td data-label="Files" class="right number">{count(scan.files)}</td>
                      <td data-label="Read" class="right number nowrap">{size(scan.bytes)}</td>
                      <td data-label="Asked for" class="soft"><Time of={scan.created} /></td>
                      <td data-label="Evidence" class="nowrap">{scan.entry === null ? <span class="soft">–</span> : <EntryLink index={scan.entry} />}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Rows>
        </section>
      </div>
    </>
  );
}

type Sending = { name: string; sent: number; total: number; cancel: () => void };

function NewScan({ settings }: { settings: Settings | null }) {
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState<Sending | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const limit = settings?.max_upload_bytes ?? null;

  const start = async (files: File[]) => {
    setProblem(null);
    let last: Scan | null = null;
    for (const file of files) {
      if (limit !== null && file.size > limit) {
        toast("critical", `${file.name} has ${size(file.size)}; at most ${size(limit)} can be uploaded. Put it into a folder that the server may read and scan its path.`);
        continue;
      }
      const { done, cancel } = upload(file, (sent, total) => setSending((now) => (now === null ? now : { ...now, sent, total })));
      setSending({ name: file.name, sent: 0, total: file.size, cancel });
      try {
        last = await done;
      } catch (error) {
        const said = asProblem(error);
        if (said.kind !== "cancelled") setProblem(said);
        break;
      }
    }
    setSending(null);
    if (input.current) input.current.value = "";
    if (last !== null && files.length === 1) navigate(`/scans/${last.id}`);
    else if (last !== null) toast("good", "Uploaded. The scans are in the list below.");
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const items = [...(event.dataTransfer?.items ?? [])];
    if (items.some((item) => item.webkitGetAsEntry?.()?.isDirectory === true)) {
      toast("medium", "A folder cannot be uploaded. Pack it into a zip or tar archive; Saiph looks inside.");
      return;
    }
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) void start(files);
  };

  return (
    <div class="grid grid-aside">
      <div class={`drop${over ? " over" : ""}`} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
        {sending ? (
          <div class="stack-tight" style={{ width: "100%", maxWidth: "28rem" }}>
            <p class="anywhere"><b>{sending.name}</b></p>
            <div class="progress" role="progressbar" aria-label={`Uploading ${sending.name}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round((100 * sending.sent) / Math.max(1, sending.total))}>
              <i style={{ width: `${(100 * sending.sent) / Math.max(1, sending.total)}%` }} />
            </div>
            <p class="small soft number">{size(sending.sent)} of {size(sending.total)}</p>
            <Button kind="compact" onClick={sending.cancel}>Cancel</Button>
          </div>
        ) : (
          <>
            <Icon name="upload" size={26} />
            <h2>Drop a file here</h2>
            <p class="soft small">A model, a data set, a notebook, an archive of them{limit === null ? "" : ` – at most ${size(limit)}`}.</p>
            <input ref={input} type="file" multiple class="visually-hidden" tabIndex={-1} aria-label="Files to scan" onChange={(event) => void start([...(event.currentTarget.files ?? [])])} />
            <Button kind="primary" onClick={() => input.current?.click()}>Choose files…</Button>
          </>
        )}
        {problem && <div style={{ width: "100%", textAlign: "left" }}><Failure problem={problem} /></div>}
      </div>
      <PathScan roots={settings?.scan_roots ?? []} />
    </div>
  );
}

function PathScan({ roots }: { roots: string[] }) {
  const [path, setPath] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!path.startsWith("/")) {
      setWrong("Give the whole path, beginning with a slash.");
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      const { data } = await call("createScan", { body: { path }, once: true });
      navigate(`/scans/${data.id}`);
    } catch (error) {
      const problem = asProblem(error);
      setWrong(problem.about("path") ?? (problem.detail || problem.title));
      setBusy(false);
    }
  };
  return (
    <Card title="A path of the server">
      {roots.length === 0 ? (
        <p class="small soft">For files that lie on the server. None of its folders may be read yet: name some as <code>scan_roots</code> in its configuration file.</p>
      ) : (
        <form class="form" onSubmit={(event) => void submit(event)} noValidate>
          <TextField label="File or folder" name="path" value={path} onValue={setPath} spellcheck={false} maxLength={4096} placeholder={`${roots[0]}/…`} hint={<>Inside {roots.map((root, i) => <>{i > 0 && ", "}<code key={root}>{root}</code></>)}</>} wrong={wrong} />
          <div><Button type="submit" busy={busy}>Scan it</Button></div>
        </form>
      )}
    </Card>
  );
}
