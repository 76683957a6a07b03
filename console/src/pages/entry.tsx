import { useState } from "preact/hooks";
import { call, saveAs, send } from "../api/client.ts";
import { asProblem, useResource } from "../api/resource.ts";
import { base64, fromBase64, type Bytes } from "../lib/bytes.ts";
import { moment, plural, predicateName, sentence } from "../lib/format.ts";
import { readRotations } from "../api/rotations.ts";
import { readTrust } from "../lib/trust.ts";
import { verifyEntry, type Outcome, type Result, type Step } from "../lib/verify_entry.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { Button, Card, Digest, Notice, PageHead, Shown, type Tone } from "../ui/parts.tsx";
import { toast } from "../ui/toasts.tsx";

const crumbs = [{ href: "/ledger", text: "Ledger" }];
const marks: Record<Outcome, { tone: Tone; icon: IconName; word: string }> = {
  good: { tone: "good", icon: "good", word: "Holds" },
  bad: { tone: "critical", icon: "bad", word: "Does not hold" },
  open: { tone: "medium", icon: "open", word: "Not established" },
};

export function EntryPage({ parameters }: PageProps) {
  const index = Number(parameters["index"]);
  const trust = readTrust();
  const checked = useResource(`entry/${index}/${trust.key}/${trust.checkpoint}`, async (signal) => {
    const ledger = (await call("getLedger", { signal })).data;
    const proof = (await call("getProof", { path: { index }, signal })).data;
    const consistency = async (from: bigint, to: bigint): Promise<Bytes[]> => {
      const { data } = await call("getConsistency", { query: { from: Number(from), to: Number(to) }, signal });
      return data.path.map((hash) => fromBase64(hash) ?? new Uint8Array(0));
    };
    const result = await verifyEntry({ index: BigInt(index), proof, keys: ledger.keys.map((key) => key.verifier), consistency, rotations: () => readRotations(signal) }, trust);
    return { result, proof };
  });
  const type = checked.data?.result.envelope ? sentence(predicateName(checked.data.result.envelope.statement.predicateType).replace(/-/g, " ")) : null;
  return (
    <>
      <PageHead title={type === null ? `Entry ${index}` : `Entry ${index}: ${type.toLowerCase()}`} crumbs={crumbs}>
        {checked.data && <EvidenceButtons index={index} proof={checked.data.proof} />}
      </PageHead>
      <Shown of={checked} lines={8}>{({ result }) => <Verified result={result} reload={checked.reload} />}</Shown>
    </>
  );
}

function EvidenceButtons({ index, proof }: { index: number; proof: string }) {
  const [busy, setBusy] = useState(false);
  const mayExport = useMay("read-ledger");
  const pack = async () => {
    setBusy(true);
    try {
      saveAs(await (await send("makeEvidencePack", { body: { entries: [index] } })).blob(), `saiph-evidence-${index}.tar`);
    } catch (error) {
      const problem = asProblem(error);
      toast("critical", `No evidence pack: ${problem.detail || problem.title}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button onClick={() => saveAs(new Blob([proof]), `saiph-entry-${index}.tlog-proof`)}><Icon name="download" /> Proof</Button>
      {mayExport && <Button busy={busy} onClick={() => void pack()}><Icon name="download" /> Evidence pack</Button>}
    </>
  );
}

function Verified({ result, reload }: { result: Result; reload: () => void }) {
  return (
    <div class="grid grid-aside">
      <div class="stack">
        <Conclusion result={result} />
        <Card title="What this browser checked" action={<Button kind="compact" onClick={reload}>Check again</Button>}>
          <ul class="steps">{result.steps.map((step) => <StepRow key={step.name} step={step} />)}</ul>
        </Card>
        {result.envelope && <StatementCard result={result} />}
      </div>
      <div class="stack">
        <Card title="What this proves">
          <div class="stack-tight small">
            <p>Who signed the statement, what exactly it says, at which place in the log it stands, and that neither was changed since the checkpoint was signed.</p>
            <p>It was computed by this browser from the entry's bytes. The server only supplied them.</p>
          </div>
        </Card>
        <Card title="What it does not prove">
          <div class="stack-tight small">
            <p><b>That the statement is true.</b> A signed scan report says what the scanner saw, no more.</p>
            <p><b>That the log is complete to this day.</b> Newer entries may be held back; a witness or a later checkpoint shows that.</p>
            <p><b>Much, when the server itself is hostile:</b> it also gave you this page. For evidence that must stand against the operator, download the evidence pack and check it elsewhere; its README says how, with public tools.</p>
          </div>
        </Card>
      </div>
    </div>
  );
}

function Conclusion({ result }: { result: Result }) {
  switch (result.conclusion) {
    case "proven":
      return <Notice tone="good" icon="shield"><p><b>Proven against what you trust.</b> This entry stands in the log, unchanged, under a signature that this browser knows.</p></Notice>;
    case "unanchored":
      return (
        <Notice tone="medium" icon="open">
          <p><b>It fits together, but nothing that you trust stands behind it yet.</b> The steps marked “not established” say what is missing.</p>
          <p>Pin the log's key on the <a href="/ledger">ledger page</a>, and come back.</p>
        </Notice>
      );
    case "disproved":
      return <Notice tone="critical" icon="bad" alert><p><b>The proof fails. Do not rely on this entry.</b> Keep a copy of what you see, and have the ledger examined with <code>saiph ledger verify</code> on an export and with a checkpoint from before.</p></Notice>;
  }
}

function StepRow({ step }: { step: Step }) {
  const { tone, icon, word } = marks[step.outcome];
  return (
    <li class={`tone-${tone}`}>
      <Icon name={icon} />
      <div class="grow"><b>{step.name} <span class={`badge tone-${tone}`}>{word}</span></b><p>{step.detail}</p></div>
    </li>
  );
}

function StatementCard({ result }: { result: Result }) {
  const { statement, payload } = result.envelope!;
  const time = statement.predicate["time"] ?? statement.predicate["started_at"];
  const pretty = JSON.stringify(statement.predicate, null, 2);
  return (
    <Card title="The statement" note={statement.predicateType}>
      <div class="stack">
        {typeof time === "string" && !Number.isNaN(Date.parse(time)) && <p class="small soft">Says of itself: {moment(time)}</p>}
        <div>
          <h3>About {plural(statement.subject.length, "subject")}</h3>
          <dl class="facts small" style={{ marginTop: "0.4rem" }}>
            {statement.subject.slice(0, 20).map((subject, i) => [
              <dt key={`n${i}`} class="anywhere">{subject.name ?? "without name"}</dt>,
              <dd key={`d${i}`}>{Object.entries(subject.digest).map(([algorithm, value]) => <Digest key={algorithm} of={`${algorithm}:${value}`} full />)}</dd>,
            ])}
          </dl>
          {statement.subject.length > 20 && <p class="small soft">and {statement.subject.length - 20} more.</p>}
        </div>
        <div class="stack-tight">
          <h3>Predicate</h3>
          <pre class="code-block" tabIndex={0} aria-label="Predicate">{pretty.length > 40_000 ? `${pretty.slice(0, 40_000)}\n… (download the proof for all of it)` : pretty}</pre>
        </div>
        <details>
          <summary class="small">The signed bytes, base64</summary>
          <pre class="code-block" tabIndex={0} aria-label="Signed bytes">{base64(payload)}</pre>
        </details>
      </div>
    </Card>
  );
}

