import { useState } from "preact/hooks";
import { call, type Problem } from "../../api/client.ts";
import { asProblem, useResource } from "../../api/resource.ts";
import type { Backup, Settings } from "../../api/schema.ts";
import { moment, size } from "../../lib/format.ts";
import { useMay } from "../../session.ts";
import { Icon } from "../../ui/icons.tsx";
import { Button, Card, Digest, Failure, Notice, Shown, TextField } from "../../ui/parts.tsx";
import { toast } from "../../ui/toasts.tsx";

export function DataTab() {
  const mayChange = useMay("administer");
  const mayHealth = useMay("read-metrics");
  const settings = useResource("settings-etag", async (signal) => call("getSettings", { signal }), ["settings"]);
  return (
    <div class="grid grid-2">
      <div class="stack">
        <Shown of={settings}>
          {({ data, etag }) => (
            <>
              <Retention key={data.version} settings={data} etag={etag} mayChange={mayChange} onDone={settings.reload} />
              <Card title="From the configuration file" note="Changed there; read when the server starts">
                <dl class="facts">
                  <dt>Saiph</dt><dd>{data.saiph}</dd>
                  <dt>Largest upload</dt><dd>{size(data.max_upload_bytes)}</dd>
                  <dt>Scan roots</dt><dd>{data.scan_roots.length === 0 ? <span class="soft">none: only uploads</span> : data.scan_roots.map((root) => <div key={root}><code>{root}</code></div>)}</dd>
                  <dt>Ledger tiles</dt><dd>{data.public_tiles ? "for everybody" : "only for those who log in"}</dd>
                </dl>
              </Card>
            </>
          )}
        </Shown>
      </div>
      <div class="stack">
        {mayHealth && <HealthCard />}
        {mayChange && <BackupCard />}
      </div>
    </div>
  );
}

function Retention({ settings, etag, mayChange, onDone }: { settings: Settings; etag: string | null; mayChange: boolean; onDone: () => void }) {
  const [days, setDays] = useState(String(settings.retention_days));
  const [hold, setHold] = useState(settings.legal_hold);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const good = /^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= 3650;
  const changed = Number(days) !== settings.retention_days || hold !== settings.legal_hold;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!good || !changed) return;
    setBusy(true);
    setProblem(null);
    try {
      await call("changeSettings", { etag: etag ?? `"v${settings.version}"`, body: { retention_days: Number(days), legal_hold: hold } });
      toast("good", "Saved. The change stands in the ledger.");
      onDone();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Retention">
      {mayChange ? (
        <form class="form" onSubmit={(event) => void submit(event)} noValidate>
          {problem && <Failure problem={problem} retry={onDone} />}
          <TextField label="Erase uploads and finished scans after (days)" name="retention" value={days} onValue={setDays} inputMode="numeric" maxLength={4} hint="The ledger itself is never erased." wrong={good ? problem?.about("retention_days") : "Give a number from 1 to 3650."} />
          <label class="check"><input type="checkbox" checked={hold} onChange={(event) => setHold(event.currentTarget.checked)} /> <span>Legal hold <span class="soft small">– nothing is erased while it is on</span></span></label>
          <div><Button type="submit" busy={busy} disabled={!changed || !good}>Save</Button></div>
        </form>
      ) : (
        <dl class="facts">
          <dt>Uploads and scans</dt><dd>erased after {settings.retention_days} days</dd>
          <dt>Legal hold</dt><dd>{settings.legal_hold ? "on: nothing is erased" : "off"}</dd>
          <dt>Ledger</dt><dd>never erased</dd>
        </dl>
      )}
    </Card>
  );
}

function HealthCard() {
  const health = useResource("health", async (signal) => (await call("getHealth", { signal })).data, ["settings"]);
  return (
    <Card title="Health" action={<Button kind="compact" onClick={health.reload}>Look again</Button>}>
      <Shown of={health}>
        {(data) => (
          <>
            <ul class="steps">
              {data.checks.map((check) => (
                <li key={check.name} class={check.ok ? "tone-good" : "tone-critical"}>
                  <Icon name={check.ok ? "good" : "bad"} />
                  <div><b>{check.name}<span class="visually-hidden">{check.ok ? ": works" : ": does not work"}</span></b><p>{check.detail}</p></div>
                </li>
              ))}
            </ul>
            <p class="small soft">Running since {moment(data.started)}. For machines: <code>/metrics</code> (Prometheus) and <code>/healthz</code>.</p>
          </>
        )}
      </Shown>
    </Card>
  );
}

function BackupCard() {
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Backup | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setMade((await call("makeBackup", { once: true })).data);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Backup">
      <div class="stack">
        <p class="small soft">Writes accounts, tokens, suppressions and settings, while the server runs, into the folder <code>backups</code> of its data folder. The ledger is copied by its export. A backup that lies on the same machine only protects against mistakes: copy it elsewhere.</p>
        {problem && <Failure problem={problem} />}
        {made && (
          <Notice tone="good" icon="good">
            <p><b>Written:</b> <code>{made.file}</code>, {size(made.bytes)}</p>
            <p><Digest of={made.digest} full /></p>
          </Notice>
        )}
        <div><Button busy={busy} onClick={() => void run()}>{busy ? "Writing…" : "Back up now"}</Button></div>
      </div>
    </Card>
  );
}
