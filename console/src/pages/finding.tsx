import { useState } from "preact/hooks";
import { call, type Problem } from "../api/client.ts";
import { asProblem, useResource } from "../api/resource.ts";
import type { Finding, FindingExplained, Suppression } from "../api/schema.ts";
import { date, inDays, moment, sentence } from "../lib/format.ts";
import { placeOf } from "../lib/report.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Icon } from "../ui/icons.tsx";
import { Button, Card, Dialog, Digest, Failure, Notice, PageHead, Select, SeverityBadge, Shown, StateBadge, TextArea, TextField, Time, VerdictBadge } from "../ui/parts.tsx";
import { toast } from "../ui/toasts.tsx";

const crumbs = [{ href: "/findings", text: "Findings" }];

export function FindingPage({ parameters }: PageProps) {
  const id = parameters["id"]!;
  const explained = useResource(`finding/${id}`, async (signal) => (await call("getFinding", { path: { id }, signal })).data, ["finding"]);
  const [suppressing, setSuppressing] = useState(false);
  const maySuppress = useMay("suppress");
  const finding = explained.data?.finding;
  return (
    <>
      <PageHead title={finding?.title ?? "Finding"} crumbs={crumbs}>
        {finding?.state === "open" && maySuppress && <Button onClick={() => setSuppressing(true)}><Icon name="hide" /> Suppress…</Button>}
      </PageHead>
      <Shown of={explained} lines={8}>{(data) => <Explained of={data} onChange={explained.reload} maySuppress={maySuppress} />}</Shown>
      {suppressing && finding && (
        <SuppressDialog finding={finding} onClose={() => setSuppressing(false)} onDone={() => {
          setSuppressing(false);
          toast("good", "Suppressed. The decision stands in the ledger.");
          explained.reload();
        }} />
      )}
    </>
  );
}

function Explained({ of: { finding, rule, asset }, onChange, maySuppress }: { of: FindingExplained; onChange: () => void; maySuppress: boolean }) {
  const mayRead = useMay("read-ledger");
  const references = [...new Set([...finding.references, ...(rule?.references ?? [])])];
  return (
    <div class="grid grid-aside">
      <div class="stack">
        {finding.state === "suppressed" && finding.suppression && <SuppressedBy id={finding.suppression} onChange={onChange} mayRevoke={maySuppress} />}
        {finding.suppressed_by !== null && <Notice tone="info" icon="hide"><p><b>Suppressed by the scan itself,</b> from its own file of suppressions or its baseline.</p><p class="anywhere">{finding.suppressed_by}</p></Notice>}
        {finding.state === "gone" && <Notice tone="good" icon="good"><p><b>Gone.</b> The last scan of this name did not show it any more. The evidence of before stays in the ledger.</p></Notice>}
        <Card title="What was seen">
          <div class="stack-tight">
            <p>{sentence(finding.detail)}</p>
            {finding.excerpt !== "" && <pre class="code-block" tabIndex={0} aria-label="What stands there">{finding.excerpt}</pre>}
            <dl class="facts">
              <dt>Where</dt><dd><code>{placeOf(finding.location)}</code></dd>
              <dt>In</dt><dd><a href={`/assets/${finding.asset}`}>{finding.asset_name}</a></dd>
              <dt>SHA-256</dt><dd><Digest of={finding.digest} full /></dd>
            </dl>
          </div>
        </Card>
        {rule ? (
          <>
            <Card title="What it means"><p class="prose">{rule.meaning}</p></Card>
            <Card title="What to do"><p class="prose">{rule.remedy}</p></Card>
          </>
        ) : (
          <Notice tone="medium" icon="info"><p><b>This version has no rule <code>{finding.rule}</code> any more.</b> An older version stated the finding. Scan the artefact again to see what the present rules say.</p></Notice>
        )}
      </div>
      <div class="stack">
        <Card title="In short">
          <dl class="facts">
            <dt>Severity</dt><dd><SeverityBadge of={finding.severity} /></dd>
            <dt>State</dt><dd><StateBadge of={finding.state} /></dd>
            <dt>First seen</dt><dd><Time of={finding.first_seen} /></dd>
            <dt>Last seen</dt><dd><Time of={finding.last_seen} /></dd>
            <dt>Asset</dt><dd><VerdictBadge of={asset?.verdict ?? null} /></dd>
            <dt>Rule</dt><dd><a href={`/findings?state=all&rule=${finding.rule}`}><code>{finding.rule}</code></a>{rule?.maturity === "beta" && <> <span class="tag">beta</span></>}</dd>
          </dl>
        </Card>
        <Card title="Evidence">
          <div class="stack-tight">
            <p class="small soft">The scan's report is entry {finding.entry} of the ledger. Your browser can check by itself that it stands there unchanged.</p>
            {mayRead ? <a class="button wide" href={`/ledger/entries/${finding.entry}`}><Icon name="shield" /> Verify the evidence</a> : <p class="small soft">Your role does not read the ledger; an operator or auditor can.</p>}
          </div>
        </Card>
        {references.length > 0 && (
          <Card title="Bears on">
            <ul class="tags">{references.map((reference) => <li key={reference} class="tag">{reference}</li>)}</ul>
          </Card>
        )}
      </div>
    </div>
  );
}

function SuppressedBy({ id, onChange, mayRevoke }: { id: string; onChange: () => void; mayRevoke: boolean }) {
  const suppression = useResource(`suppression/${id}`, async (signal) => {
    const { data, etag } = await call("getSuppression", { path: { id }, signal });
    return { data, etag };
  }, ["finding"]);
  if (suppression.data === null) return suppression.problem ? <Failure problem={suppression.problem} retry={suppression.reload} /> : null;
  const { data, etag } = suppression.data;
  const scope = data.path === null ? "for exactly this content" : `for ${data.path}`;
  return (
    <Notice tone="info" icon="hide">
      <p><b>Suppressed until {date(data.expires)}</b> {scope}.</p>
      <p class="anywhere">{data.reason}</p>
      {mayRevoke && data.active && <div class="row"><RevokeButton of={data} etag={etag} onDone={onChange} /></div>}
    </Notice>
  );
}

export function RevokeButton({ of, etag, onDone }: { of: Suppression; etag: string | null; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await call("revokeSuppression", { path: { id: of.id }, etag: etag ?? `"v${of.version}"` });
      toast("good", "Revoked. Its findings are open again.");
      onDone();
    } catch (error) {
      const problem = asProblem(error);
      toast("critical", `Not revoked: ${problem.detail || problem.title}`);
    } finally {
      setBusy(false);
    }
  };
  return <Button kind="compact" busy={busy} onClick={() => void revoke()}>Revoke</Button>;
}

type Scope = "digest" | "path";

function SuppressDialog({ finding, onClose, onDone }: { finding: Finding; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const [days, setDays] = useState("90");
  const [scope, setScope] = useState<Scope>(finding.digest === null ? "path" : "digest");
  const [path, setPath] = useState(finding.asset_name);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const until = inDays(Number(days));

  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === "" || (scope === "path" && path.trim() === "")) return;
    setBusy(true);
    setProblem(null);
    try {
      await call("createSuppression", {
        once: true,
        body: { rule: finding.rule, reason: reason.trim(), expires: until, ...(scope === "digest" && finding.digest !== null ? { digest: finding.digest } : { path: path.trim() }) },
      });
      onDone();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="Suppress this finding" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)} noValidate>
        <p class="small soft">Rule <code>{finding.rule}</code>. The finding stays visible under “Suppressed”, fails no gate, and is open again when the suppression ends. Your decision is recorded in the ledger.</p>
        {problem && <Failure problem={problem} />}
        <TextArea label="Reason" name="reason" value={reason} onValue={setReason} maxLength={1000} hint="What you looked at and why it is acceptable. An auditor will read it."
                  wrong={tried && reason.trim() === "" ? "Say why: a suppression without a reason is not accepted." : problem?.about("reason")} />
        <Select label="Ends" value={days} onValue={setDays} options={[
          { value: "7", text: "in a week" }, { value: "30", text: "in 30 days" }, { value: "90", text: "in 90 days" }, { value: "180", text: "in 180 days" }, { value: "364", text: "in a year" }]} hint={`On ${moment(until)}.`} wrong={problem?.about("expires") ?? null} />
        <fieldset class="choices">
          <legend class="field-label">For</legend>
          <label class="check"><input type="radio" name="scope" checked={scope === "digest"} disabled={finding.digest === null} onChange={() => setScope("digest")} /> <span>Exactly this content <span class="soft small">– another file of the same name is not covered</span></span></label>
          <label class="check"><input type="radio" name="scope" checked={scope === "path"} onChange={() => setScope("path")} /> <span>A path, whatever its content <span class="soft small">– wider: use it with care</span></span></label>
        </fieldset>
        {scope === "path" && <TextField label="Path" name="path" value={path} onValue={setPath} maxLength={4096} spellcheck={false} hint={<><code>*</code> within a folder, <code>**</code> across folders</>} wrong={tried && path.trim() === "" ? "Name a path." : problem?.about("path")} />}
        <div class="form-actions">
          <Button type="submit" kind="primary" busy={busy}>{busy ? "Recording…" : "Suppress"}</Button>
          <Button kind="quiet" onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
