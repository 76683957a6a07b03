import { useState } from "preact/hooks";
import { call, type Problem } from "../../api/client.ts";
import { asProblem, usePages } from "../../api/resource.ts";
import type { Permission, Token } from "../../api/schema.ts";
import { date, inDays } from "../../lib/format.ts";
import { useMay, useSession } from "../../session.ts";
import { Icon } from "../../ui/icons.tsx";
import { Button, Copy, Dialog, Empty, Failure, Notice, Rows, Select, TextField, Time } from "../../ui/parts.tsx";
import { toast } from "../../ui/toasts.tsx";

const scopes: Record<Permission, string> = {
  read: "read assets, findings, scans and rules, inspect texts",
  "read-ledger": "read the ledger and take evidence out",
  "read-settings": "read accounts",
  "read-metrics": "read metrics and health",
  scan: "ask for scans",
  report: "hand in reports of scans made elsewhere",
  suppress: "suppress findings",
  "own-tokens": "revoke its owner's tokens",
  administer: "change people and settings",
};

export function TokensTab() {
  const mayMake = useMay("own-tokens");
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const tokens = usePages<Token>("tokens", async (cursor, signal) =>
    (await call("listTokens", { query: { limit: 100, ...(cursor === null ? {} : { cursor }) }, signal })).data, ["settings"]);
  const revoke = async (token: Token) => {
    try {
      await call("revokeToken", { path: { id: token.id } });
      toast("good", `“${token.name}” is refused from now on.`);
      tokens.reload();
    } catch (error) {
      toast("critical", asProblem(error).message);
    }
  };
  const ended = (token: Token) => token.revoked || new Date(token.expires).getTime() < Date.now();
  return (
    <div class="stack">
      <div class="row-between">
        <p class="soft prose">For programs: builds, schedulers, other tools. A token does at most what you may do, ends by itself, and is kept here only as a digest.</p>
        {mayMake && <Button kind="primary" onClick={() => setMaking(true)}><Icon name="plus" /> Make a token</Button>}
      </div>
      {secret !== null && (
        <Notice tone="medium" icon="key">
          <p><b>Copy the token now. It cannot be shown again.</b></p>
          <div class="secret"><span data-testid="token-secret">{secret}</span><Copy text={secret} what="the token" /></div>
          <p class="small">Send it as <code>Authorization: Bearer …</code></p>
          <div class="row"><Button kind="compact" onClick={() => setSecret(null)}>I have kept it</Button></div>
        </Notice>
      )}
      <section class="card flush" aria-label="Tokens">
        <Rows of={tokens} noun={["token", "tokens"]} empty={<Empty icon="key" title="There are no tokens"><p>{mayMake ? "Make one to scan from a build: " : "Those who may scan can make one and use it from a build: "}<code>curl --data-binary @model.bin -H "Authorization: Bearer …" …/api/v1/scans?label=model.bin</code></p></Empty>}>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th>Token</th><th>May</th><th>Ends</th><th>Last used</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
              <tbody>
                {rows.map((token) => (
                  <tr key={token.id}>
                    <td class="primary anywhere">{token.name}<span class="sub">made <Time of={token.created} /></span></td>
                    <td><ul class="tags">{token.scopes.map((scope) => <li key={scope} class="tag" title={scopes[scope]}>{scope}</li>)}</ul></td>
                    <td data-label="Ends" class="small nowrap">{token.revoked ? <span class="badge">revoked</span> : ended(token) ? <span class="badge">ended {date(token.expires)}</span> : date(token.expires)}</td>
                    <td data-label="Last used" class="small soft"><Time of={token.last_used} /></td>
                    <td class="right">{mayMake && !ended(token) && <Button kind="compact" onClick={() => void revoke(token)} aria-label={`Revoke ${token.name}`}>Revoke</Button>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Rows>
      </section>
      {making && <NewToken onClose={() => setMaking(false)} onDone={(made) => { setMaking(false); setSecret(made); tokens.reload(); }} />}
    </div>
  );
}

function NewToken({ onClose, onDone }: { onClose: () => void; onDone: (secret: string) => void }) {
  const { session } = useSession();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [chosen, setChosen] = useState<Permission[]>(["read"]);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || chosen.length === 0) return;
    setBusy(true);
    setProblem(null);
    try {
      onDone((await call("createToken", { body: { name: name.trim(), scopes: chosen, expires: inDays(Number(days)) } })).data.secret);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)} noValidate>
        {problem && <Failure problem={problem} />}
        <TextField label="What it is for" name="name" value={name} onValue={setName} maxLength={128} placeholder="nightly build" wrong={tried && name.trim() === "" ? "Say what it is for, so that somebody can decide about it later." : problem?.about("name")} />
        <fieldset class="choices">
          <legend class="field-label">It may</legend>
          {session.permissions.map((permission) => (
            <label key={permission} class="check">
              <input type="checkbox" checked={chosen.includes(permission)} onChange={(event) => setChosen(event.currentTarget.checked ? [...chosen, permission] : chosen.filter((one) => one !== permission))} />
              <span>{scopes[permission]} <span class="tag">{permission}</span></span>
            </label>
          ))}
        </fieldset>
        {tried && chosen.length === 0 && <Notice tone="critical" icon="bad" alert><p>Choose at least one thing that it may do.</p></Notice>}
        <Select label="Ends" value={days} onValue={setDays} options={[{ value: "7", text: "in a week" }, { value: "30", text: "in 30 days" }, { value: "90", text: "in 90 days" }, { value: "364", text: "in a year" }]} />
        <div class="form-actions"><Button type="submit" kind="primary" busy={busy}>Make it</Button><Button kind="quiet" onClick={onClose}>Cancel</Button></div>
      </form>
    </Dialog>
  );
}
