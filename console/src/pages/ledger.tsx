import { useState } from "preact/hooks";
import { call, saveAs, send } from "../api/client.ts";
import { asProblem, usePages, useResource } from "../api/resource.ts";
import type { Event as LedgerEvent, LedgerState, Operations } from "../api/schema.ts";
import { hex, fromBase64 } from "../lib/bytes.ts";
import { fingerprint } from "../lib/envelope.ts";
import { count, moment, plural, predicateName, sentence } from "../lib/format.ts";
import { readCheckpoint, readVerifierKey, signedBy, type Signed } from "../lib/note.ts";
import { readRotations } from "../api/rotations.ts";
import { keysFrom } from "../lib/rotation.ts";
import { keepCheckpoint, pinKey, readTrust } from "../lib/trust.ts";
import type { Trust } from "../lib/verify_entry.ts";
import { setQuery } from "../router.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Icon } from "../ui/icons.tsx";
import { Button, Card, Copy, Digest, Empty, Notice, PageHead, Rows, Select, Shown, TextArea, Time } from "../ui/parts.tsx";
import { toast } from "../ui/toasts.tsx";

type EventType = NonNullable<Operations["listEvents"]["query"]["type"]>;
const eventTypes: EventType[] = ["scan-report", "configuration-change", "attestation", "heartbeat", "auditor-read", "key-rotation", "test-report", "host-report", "request-batch", "incident-state-change", "assessment"];

export function LedgerPage({ place }: PageProps) {
  const ledger = useResource("ledger", async (signal) => (await call("getLedger", { signal })).data, ["ledger"]);
  const [trust, setTrust] = useState(readTrust);
  const again = () => setTrust(readTrust());
  return (
    <>
      <PageHead title="Ledger" lead="Everything Saiph stated, in the order in which it was stated. Each entry is signed, and a proof shows that none was changed, removed or put between others.">
        <ExportButton />
      </PageHead>
      <Shown of={ledger} lines={8}>
        {(data) => (
          <div class="stack">
            <div class="grid grid-2">
              <CheckpointCard ledger={data} trust={trust} />
              <TrustCard ledger={data} trust={trust} onChange={again} />
            </div>
            <Entries place={place} />
          </div>
        )}
      </Shown>
    </>
  );
}

function CheckpointCard({ ledger, trust }: { ledger: LedgerState; trust: Trust }) {
  const key = trust.key === null ? null : readVerifierKey(trust.key);
  const signed = useResource<Signed | "other-root" | "none">(`signed/${trust.key}/${ledger.checkpoint}`, async (signal) => {
    const checkpoint = readCheckpoint(ledger.checkpoint);
    if (!checkpoint.ok || key === null || !key.ok) return "none";
    const root = fromBase64(ledger.root);
    if (root === null || hex(root) !== hex(checkpoint.value.root) || BigInt(ledger.size) !== checkpoint.value.size) return "other-root";
    const keys = await keysFrom(key.value, ledger.keys.length > 1 ? await readRotations(signal) : []);
    const answers = await Promise.all(keys.map((one) => signedBy(checkpoint.value.note, one)));
    return answers.includes("wrong") ? "wrong" : answers.find((answer) => answer !== "absent") ?? "absent";
  });
  return (
    <Card title="Latest checkpoint" action={
      <span class="row">
        <Copy text={ledger.checkpoint} what="the signed checkpoint" />
        <Button kind="compact" onClick={() => saveAs(new Blob([ledger.checkpoint]), `${ledger.origin.replace(/[^A-Za-z0-9.-]+/g, "_")}-${ledger.size}.checkpoint`)}><Icon name="download" size={15} /> Keep a copy</Button>
      </span>
    }>
      <div class="stack">
        <dl class="facts">
          <dt>Log</dt><dd><code>{ledger.origin}</code></dd>
          <dt>Entries</dt><dd class="number"><b>{count(ledger.size)}</b></dd>
          <dt>Root</dt><dd><Digest of={ledger.root} full what="root" /></dd>
          <dt>Signed by</dt><dd><Digest of={ledger.keys.find((one) => one.current)?.fingerprint ?? null} full what="fingerprint" /></dd>
        </dl>
        {signed.data === "good" && <Notice tone="good" icon="good"><p><b>Checked in this browser:</b> the key that you pinned, or one to which it leads by rotation, signed this checkpoint.</p></Notice>}
        {signed.data === "none" && <Notice tone="medium" icon="open"><p><b>Not checked yet.</b> Pin the log's key, so that this browser can tell its signature from a stranger's.</p></Notice>}
        {(signed.data === "wrong" || signed.data === "other-root") && <Notice tone="critical" icon="bad" alert><p><b>This checkpoint is not what the pinned key signed.</b> Do not rely on this ledger. Compare it with copies and with what its witness holds.</p></Notice>}
        {signed.data === "absent" && <Notice tone="critical" icon="bad" alert><p><b>The pinned key did not sign this checkpoint.</b> No rotation that it signed leads to the key that did: this is not the log whose key you pinned.</p></Notice>}
        {signed.data === "unavailable" && <Notice tone="medium" icon="open"><p><b>Not checked.</b> This browser checks ECDSA P-256 only on https or a loopback address.</p></Notice>}
      </div>
    </Card>
  );
}

function TrustCard({ ledger, trust, onChange }: { ledger: LedgerState; trust: Trust; onChange: () => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const current = ledger.keys.find((one) => one.current) ?? ledger.keys[ledger.keys.length - 1];
  const key = trust.key === null ? null : readVerifierKey(trust.key);
  const kept = trust.checkpoint === null ? null : readCheckpoint(trust.checkpoint);

  const pin = (value: string) => {
    const read = readVerifierKey(value);
    if (!read.ok) {
      setWrong(read.problem);
      return;
    }
    setWrong(null);
    setText("");
    if (!pinKey(read.value.text)) toast("critical", "This browser keeps nothing for this page, so the key cannot be pinned. Allow site data and try again.");
    else toast("good", "Pinned. From now on this browser checks against this key.");
    onChange();
  };
  const load = async (files: FileList | null) => {
    const file = files?.[0];
    if (file === undefined) return;
    const content = await file.text();
    const read = readCheckpoint(content);
    if (!read.ok) {
      toast("critical", `That is no checkpoint. ${read.problem}`);
      return;
    }
    keepCheckpoint(content);
    toast("good", `Kept: ${plural(Number(read.value.size), "entry", "entries")} of ${read.value.origin}.`);
    onChange();
  };

  return (
    <Card title="What this browser trusts" note="Kept here, never sent anywhere">
      <div class="stack">
        {key?.ok ? (
          <div class="stack-tight">
            <h3>Pinned key</h3>
            <p class="small"><code>{key.value.name}</code></p>
            <p class="small"><Digest of={fingerprint(key.value)} full what="fingerprint" /></p>
            <div><Button kind="compact" onClick={() => { pinKey(null); onChange(); }}>Forget it</Button></div>
          </div>
        ) : (
          <div class="stack-tight">
            <h3>Pin the log's key</h3>
            <p class="small soft">Best is the key as you got it by another way: on paper, from a colleague, from <code>saiph ledger key</code> on the server.</p>
            <form class="form" onSubmit={(event) => { event.preventDefault(); pin(text); }} noValidate>
              <TextArea label="Verifier key" name="key" value={text} onValue={setText} rows={2} spellcheck={false} placeholder="name+1a2b3c4d+base64…" wrong={wrong} />
              <div class="form-actions">
                <Button type="submit" kind="primary" disabled={text.trim() === ""}>Pin this key</Button>
                {current && <Button onClick={() => pin(current.verifier)}>Pin the one this server states</Button>}
              </div>
            </form>
            <p class="small soft">The second button takes the server's word once: it protects against later changes, not against a server that lies already now.</p>
          </div>
        )}
        <div class="stack-tight">
          <h3>Trusted checkpoint</h3>
          {kept?.ok ? (
            <>
              <p class="small">{plural(Number(kept.value.size), "entry", "entries")} of <code>{kept.value.origin}</code>. Every check also shows that the log only grew since.</p>
              <div><Button kind="compact" onClick={() => { keepCheckpoint(null); onChange(); }}>Forget it</Button></div>
            </>
          ) : (
            <>
              <p class="small soft">A checkpoint that you kept from before shows a log that was rolled back or rewritten since. Without one nobody can tell whether the newest entries are missing.</p>
              <div class="form-actions">
                <label class="button compact"><Icon name="upload" size={15} /> Upload one…<input type="file" class="visually-hidden" onChange={(event) => void load(event.currentTarget.files)} /></label>
                <Button kind="compact" onClick={() => { keepCheckpoint(ledger.checkpoint); toast("good", "Kept. Later checks show that the log grew from here."); onChange(); }}>Keep the latest</Button>
              </div>
            </>
          )}
        </div>
      </div>
    </Card>
  );
}

function Entries({ place }: { place: PageProps["place"] }) {
  const type = (place.query.get("type") ?? "") as EventType | "";
  const [chosen, setChosen] = useState<number[]>([]);
  const [busy, setBusy] = useState(false);
  const events = usePages<LedgerEvent>(`events/${type}`, async (cursor, signal) =>
    (await call("listEvents", { query: { limit: 50, ...(type === "" ? {} : { type }), ...(cursor === null ? {} : { cursor }) }, signal })).data, ["ledger"]);
  const choose = (index: number, on: boolean) => setChosen((now) => (on ? [...now, index] : now.filter((one) => one !== index)));
  const pack = async () => {
    setBusy(true);
    try {
      const response = await send("makeEvidencePack", { body: { entries: [...chosen].sort((a, b) => a - b) } });
      saveAs(await response.blob(), "saiph-evidence.tar");
      setChosen([]);
    } catch (error) {
      const problem = asProblem(error);
      toast("critical", `No evidence pack: ${problem.detail || problem.title}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="filters" style={{ marginBottom: 0 }}>
        <Select label="Type of entry" value={type} onValue={(value) => setQuery({ type: value })} options={[{ value: "", text: "All" }, ...eventTypes.map((value) => ({ value, text: sentence(value.replace(/-/g, " ")) }))]} />
        <div class="row" style={{ marginLeft: "auto" }}>
          {chosen.length > 0 && <span class="small soft">{plural(chosen.length, "entry", "entries")} chosen</span>}
          <Button busy={busy} disabled={chosen.length === 0} onClick={() => void pack()}><Icon name="download" /> Evidence pack</Button>
        </div>
      </div>
      <section class="card flush" aria-label="Entries">
        <Rows of={events} noun={["entry", "entries"]} empty={
          <Empty icon="ledger" title={type === "" ? "The ledger has no entries yet" : "No entry has this type"}>
            <p>Scans, decisions of people and changes of settings become entries by themselves. A regular heartbeat tells “nothing happened” from “was not running”.</p>
          </Empty>
        }>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th><span class="visually-hidden">Choose</span></th><th>Entry</th><th>About</th><th>By</th><th>Time</th></tr></thead>
              <tbody>
                {rows.map((event) => (
                  <tr key={event.index} class="link">
                    <td class="inline"><input type="checkbox" class="pick" aria-label={`Choose entry ${event.index} for an evidence pack`} checked={chosen.includes(event.index)} onChange={(e) => choose(event.index, e.currentTarget.checked)} /></td>
                    <td class="primary nowrap inline"><a href={`/ledger/entries/${event.index}`}><span class="number">{count(event.index)}</span> · {sentence(predicateName(event.type).replace(/-/g, " "))}</a></td>
                    <td data-label="About" class="small anywhere">{event.what === null ? event.subject : `${event.subject}: ${event.what.replace(/[-_.]/g, " ")}`}{event.incomplete !== null && <span class="sub">{event.incomplete}</span>}</td>
                    <td data-label="By" class="small soft anywhere">{event.actor === null ? "Saiph" : event.actor.length > 24 ? <span class="mono nowrap" title={event.actor}>{event.actor.replace(/^[a-z0-9-]+:/, "").slice(0, 10)}…</span> : event.actor}</td>
                    <td data-label="Time" class="small soft">{event.time === null ? "–" : <span title={moment(event.time)}><Time of={event.time} /></span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Rows>
      </section>
    </>
  );
}

function ExportButton() {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      saveAs(await (await send("exportLedger", { query: { layout: "segments" } })).blob(), "saiph-ledger.tar");
      toast("good", "Exported. Check the copy anywhere with saiph ledger verify.");
    } catch (error) {
      const problem = asProblem(error);
      toast("critical", `Not exported: ${problem.detail || problem.title}`);
    } finally {
      setBusy(false);
    }
  };
  return <Button busy={busy} onClick={() => void run()}><Icon name="download" /> {busy ? "Exporting…" : "Export the ledger"}</Button>;
}
