import { useState } from "preact/hooks";
import { call, type Problem } from "../../api/client.ts";
import { asProblem, usePages } from "../../api/resource.ts";
import type { Account, Role } from "../../api/schema.ts";
import { useMay, useSession } from "../../session.ts";
import { Icon } from "../../ui/icons.tsx";
import { Button, Dialog, Empty, Failure, Notice, roleWords, Rows, Select, TextField, Time } from "../../ui/parts.tsx";
import { toast } from "../../ui/toasts.tsx";

const roleOptions = (Object.keys(roleWords) as Role[]).map((value) => ({ value, text: roleWords[value].name }));

export function PeopleTab() {
  const mayChange = useMay("administer");
  const [making, setMaking] = useState(false);
  const [changing, setChanging] = useState<Account | null>(null);
  const accounts = usePages<Account>("accounts", async (cursor, signal) =>
    (await call("listAccounts", { query: { limit: 100, ...(cursor === null ? {} : { cursor }) }, signal })).data, ["settings"]);
  return (
    <div class="stack">
      <div class="row-between">
        <p class="soft prose">Who may log in, and what they may do. Every change here becomes an entry of the ledger; there people are named by a keyed digest only.</p>
        {mayChange && <Button kind="primary" onClick={() => setMaking(true)}><Icon name="plus" /> Add a person</Button>}
      </div>
      <section class="card flush" aria-label="People">
        <Rows of={accounts} noun={["person", "people"]} empty={<Empty icon="people" title="Nobody is here yet" />}>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th>Person</th><th>Role</th><th>Logs in with</th><th>State</th><th>Since</th>{mayChange && <th><span class="visually-hidden">Actions</span></th>}</tr></thead>
              <tbody>
                {rows.map((account) => (
                  <tr key={account.id}>
                    <td class="primary anywhere">{account.display || account.name}<span class="sub">{account.name}</span></td>
                    <td data-label="Role">{roleWords[account.role].name}</td>
                    <td data-label="Logs in with" class="small">{[account.password ? "password" : "", account.totp ? "second factor" : "", account.oidc ? "identity provider" : ""].filter((s) => s !== "").join(", ") || <span class="soft">nothing yet</span>}</td>
                    <td data-label="State">{account.disabled ? <span class="badge tone-medium">Disabled</span> : <span class="badge tone-good">Active</span>}</td>
                    <td data-label="Since" class="small soft"><Time of={account.created} /></td>
                    {mayChange && <td class="right"><Button kind="compact" onClick={() => setChanging(account)} aria-label={`Change ${account.name}`}>Change…</Button></td>}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Rows>
      </section>
      {making && <NewPerson onClose={() => setMaking(false)} onDone={() => { setMaking(false); accounts.reload(); toast("good", "Added."); }} />}
      {changing && <ChangePerson of={changing} onClose={() => setChanging(null)} onDone={(words) => { setChanging(null); accounts.reload(); toast("good", words); }} />}
    </div>
  );
}

function NewPerson({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const wrongName = tried && !/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name) ? "Use 1 to 64 letters, digits and . _ - @, beginning with a letter or digit." : null;
  const wrongPassword = tried && password !== "" && [...password].length < 12 ? "Use at least 12 characters, or leave it empty." : null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name) || (password !== "" && [...password].length < 12)) return;
    setBusy(true);
    setProblem(null);
    try {
      await call("createAccount", { once: true, body: { name, role, ...(display === "" ? {} : { display }), ...(password === "" ? {} : { password }) } });
      onDone();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Add a person" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)} noValidate>
        {problem && <Failure problem={problem} />}
        <TextField label="Name to log in with" name="name" value={name} onValue={setName} autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} wrong={wrongName ?? problem?.about("name")} />
        <TextField label="Person's name (optional)" name="display" value={display} onValue={setDisplay} autocomplete="off" maxLength={128} />
        <Select label="Role" value={role} onValue={setRole} options={roleOptions} hint={`${roleWords[role].what}.`} />
        <TextField label="First password (optional)" name="password" type="password" value={password} onValue={setPassword} autocomplete="new-password" maxLength={256} hint="Without one they log in through the identity provider. Ask them to change it at once." wrong={wrongPassword ?? problem?.about("password")} />
        <div class="form-actions"><Button type="submit" kind="primary" busy={busy}>Add</Button><Button kind="quiet" onClick={onClose}>Cancel</Button></div>
      </form>
    </Dialog>
  );
}

function ChangePerson({ of, onClose, onDone }: { of: Account; onClose: () => void; onDone: (words: string) => void }) {
  const { session } = useSession();
  const [display, setDisplay] = useState(of.display);
  const [role, setRole] = useState<Role>(of.role);
  const [disabled, setDisabled] = useState(of.disabled);
  const [deleting, setDeleting] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const etag = `"v${of.version}"`;
  const own = of.id === session.account.id;
  const run = async (what: () => Promise<unknown>, words: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
      onDone(words);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const change = { ...(display === of.display ? {} : { display }), ...(role === of.role ? {} : { role }), ...(disabled === of.disabled ? {} : { disabled }) };
    if (Object.keys(change).length === 0) onClose();
    else void run(() => call("changeAccount", { path: { id: of.id }, etag, body: change }), "Changed.");
  };
  return (
    <Dialog title={`Change ${of.display || of.name}`} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        {problem && <Failure problem={problem} />}
        <TextField label="Person's name" name="display" value={display} onValue={setDisplay} maxLength={128} />
        <Select label="Role" value={role} onValue={setRole} options={roleOptions} hint={`${roleWords[role].what}.`} />
        <label class="check"><input type="checkbox" checked={disabled} onChange={(event) => setDisabled(event.currentTarget.checked)} /> <span>Disabled <span class="soft small">– ends all sessions and refuses all tokens at once</span></span></label>
        {own && <Notice tone="medium" icon="info"><p>This is your own account. The last administrator can be neither disabled nor given another role.</p></Notice>}
        <div class="form-actions"><Button type="submit" kind="primary" busy={busy}>Save</Button><Button kind="quiet" onClick={onClose}>Cancel</Button></div>
        <details>
          <summary>More</summary>
          <div class="form-actions">
            <Button kind="compact" busy={busy} onClick={() => void run(() => call("endSessions", { path: { id: of.id } }), "Logged out everywhere.")}>Log out everywhere</Button>
            {of.totp && <Button kind="compact" busy={busy} onClick={() => void run(() => call("removeTotp", { path: { id: of.id } }), "The second factor is removed.")}>Remove the second factor</Button>}
            {!deleting ? <Button kind="compact danger" onClick={() => setDeleting(true)}>Delete…</Button>
              : <Button kind="compact danger" busy={busy} onClick={() => void run(() => call("deleteAccount", { path: { id: of.id }, etag }), "Deleted.")}>Really delete {of.name}</Button>}
          </div>
        </details>
      </form>
    </Dialog>
  );
}
