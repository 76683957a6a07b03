import { useState } from "preact/hooks";
import { call, type Problem } from "../api/client.ts";
import { asProblem } from "../api/resource.ts";
import type { Session, SetupState } from "../api/schema.ts";
import { navigate } from "../router.ts";
import { Button, Failure, Notice, TextField } from "../ui/parts.tsx";
import { Gate } from "./gate.tsx";

export function Setup({ state, token, onDone }: { state: SetupState; token: string; onDone: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState(false);
  const usable = /^[A-Za-z0-9_-]{16,128}$/.test(token);

  const wrong = {
    name: !tried || /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name) ? null : "Use 1 to 64 letters, digits and . _ - @, beginning with a letter or digit.",
    password: !tried || [...password].length >= 12 ? null : "Use at least 12 characters. A sentence is easy to remember.",
    again: !tried || again === password ? null : "The two passwords differ.",
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name) || [...password].length < 12 || again !== password) return;
    setBusy(true);
    setProblem(null);
    try {
      const { data } = await call("setUp", { body: { token, name, password, ...(display === "" ? {} : { display }) } });
      // The link's secret goes out of the address bar and the history.
      navigate("/settings/account", true);
      onDone(data);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };

  return (
    <Gate title="Set up Saiph" version={state.version} lead="Make the first account. It is an administrator; others are added in Settings.">
      {!usable ? (
        <Notice tone="medium" icon="key">
          <p><b>Open the setup link.</b> The server printed it to its terminal when it started and wrote it to the file <code>setup-link</code> in its data folder, readable for its user alone.</p>
          <p>It is good once and for 15 minutes. Restart the server to get a new one.</p>
        </Notice>
      ) : (
        <form class="form" onSubmit={(event) => void submit(event)} noValidate>
          {problem && <Failure problem={problem} />}
          <TextField label="Name to log in with" name="name" value={name} onValue={setName} autocomplete="username" maxLength={64} spellcheck={false} autocapitalize="none" wrong={wrong.name ?? problem?.about("name")} />
          <TextField label="Your name (optional)" name="display" value={display} onValue={setDisplay} autocomplete="name" maxLength={128} hint="How the console calls you. It never goes into the ledger." />
          <TextField label="Password" name="password" type="password" value={password} onValue={setPassword} autocomplete="new-password" maxLength={256} hint="12 characters or more. A sentence is easy to remember." wrong={wrong.password ?? problem?.about("password")} />
          <TextField label="Password again" name="again" type="password" value={again} onValue={setAgain} autocomplete="new-password" maxLength={256} wrong={wrong.again} />
          <Button type="submit" kind="primary wide" busy={busy}>{busy ? "Making the account…" : "Make the account"}</Button>
        </form>
      )}
    </Gate>
  );
}
