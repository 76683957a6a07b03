import { useEffect, useRef, useState } from "preact/hooks";
import { call, type Problem } from "../api/client.ts";
import { asProblem } from "../api/resource.ts";
import type { Session, SetupState } from "../api/schema.ts";
import { navigate, type Place } from "../router.ts";
import { Button, Failure, Notice, TextField } from "../ui/parts.tsx";
import { Gate } from "./gate.tsx";

export function Login({ state, place, onDone }: { state: SetupState; place: Place; onDone: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const failed = place.query.get("error");

  useEffect(() => {
    form.current?.querySelector<HTMLInputElement>(second ? "[name=totp]" : "[name=name]")?.focus();
  }, [second]);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const { data } = await call("logIn", { body: second ? { name, password, totp: code.replace(/\s/g, "") } : { name, password } });
      if (place.path === "/login") navigate("/", true);
      onDone(data);
    } catch (error) {
      const said = asProblem(error);
      if (said.kind === "totp-required") setSecond(true);
      else setProblem(said);
      setBusy(false);
    }
  };

  return (
    <Gate title={second ? "One more step" : "Log in"} version={state.version}
          lead={second ? "Type the six digits that your authenticator shows now, or one of your recovery codes." : "To the console of this Saiph installation."}>
      <form class="form" ref={form} onSubmit={(event) => void submit(event)}>
        {failed && <Notice tone="critical" icon="bad" alert><p><b>The identity provider's answer was not accepted.</b> Try again; if it stays so, tell your administrator: {failed}</p></Notice>}
        {problem && <Failure problem={problem} />}
        {second ? (
          <TextField label="Code" name="totp" value={code} onValue={setCode} code inputMode="text" autocomplete="one-time-code" required minLength={6} maxLength={32} spellcheck={false} />
        ) : (
          <>
            <TextField label="Name" name="name" value={name} onValue={setName} autocomplete="username" required maxLength={64} spellcheck={false} autocapitalize="none" wrong={problem?.about("name")} />
            <TextField label="Password" name="password" type="password" value={password} onValue={setPassword} autocomplete="current-password" required maxLength={256} wrong={problem?.about("password")} />
          </>
        )}
        <Button type="submit" kind="primary wide" busy={busy}>{busy ? "Checking…" : second ? "Continue" : "Log in"}</Button>
        {second && <Button kind="quiet" onClick={() => { setSecond(false); setCode(""); setProblem(null); }}>Use another account</Button>}
      </form>
      {!second && state.oidc && (
        <>
          <div class="or">or</div>
          <a class="button wide" href="/api/v1/oidc/begin" target="_self">Continue with {state.oidc}</a>
        </>
      )}
    </Gate>
  );
}
