import { useMemo, useState } from "preact/hooks";
import { call, type Problem } from "../../api/client.ts";
import { asProblem } from "../../api/resource.ts";
import type { TotpSecret } from "../../api/schema.ts";
import { moment } from "../../lib/format.ts";
import { qrCode } from "../../lib/qr.ts";
import { useSession } from "../../session.ts";
import { setTheme, theme, type Theme } from "../../theme.ts";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { Button, Card, Copy, Failure, Notice, roleWords, TextField } from "../../ui/parts.tsx";
import { toast } from "../../ui/toasts.tsx";

export function AccountTab() {
  const { session, set } = useSession();
  const { account } = session;
  const refresh = async () => set((await call("whoAmI")).data);
  const endAll = async () => {
    try {
      await call("endSessions", { path: { id: account.id } });
      set(null);
    } catch (error) {
      toast("critical", asProblem(error).message);
    }
  };
  return (
    <div class="grid grid-2">
      <div class="stack">
        <Card title="You">
          <dl class="facts">
            <dt>Name</dt><dd>{account.display || account.name}</dd>
            <dt>Logs in as</dt><dd><code>{account.name}</code></dd>
            <dt>Role</dt><dd>{roleWords[account.role].name}<span class="soft small"> – {roleWords[account.role].what.toLowerCase()}</span></dd>
            <dt>Session ends</dt><dd>{moment(session.expires)}, or after 30 idle minutes</dd>
          </dl>
          <div class="row" style={{ marginTop: "1rem" }}><Button kind="compact danger" onClick={() => void endAll()}>Log out everywhere</Button></div>
        </Card>
        <Appearance />
        {account.password && <PasswordCard id={account.id} />}
      </div>
      <SecondFactor id={account.id} on={account.totp} password={account.password} onChange={refresh} />
    </div>
  );
}

function Appearance() {
  const [now, set] = useState(theme());
  const choices: { value: Theme; text: string; icon: IconName }[] = [{ value: "system", text: "System", icon: "auto" }, { value: "light", text: "Light", icon: "sun" }, { value: "dark", text: "Dark", icon: "moon" }];
  return (
    <Card title="Colours" note="Kept in this browser">
      <div class="theme-switch" role="group" aria-label="Colours">
        {choices.map(({ value, text, icon }) => (
          <button key={value} type="button" aria-pressed={now === value} onClick={() => { setTheme(value); set(value); }}><Icon name={icon} size={16} /> {text}</button>
        ))}
      </div>
    </Card>
  );
}

function PasswordCard({ id }: { id: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if ([...next].length < 12 || current === "") return;
    setBusy(true);
    setProblem(null);
    try {
      await call("setPassword", { path: { id }, body: { password: next, current }, once: true });
      setCurrent("");
      setNext("");
      setTried(false);
      toast("good", "Changed. All your other sessions have ended.");
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Password">
      <form class="form" onSubmit={(event) => void submit(event)} noValidate>
        {problem && problem.about("password") === null && problem.about("current") === null && <Failure problem={problem} />}
        <TextField label="Password until now" type="password" name="current" value={current} onValue={setCurrent} autocomplete="current-password" maxLength={256} wrong={tried && current === "" ? "Needed, so that nobody at an unlocked screen can change it." : problem?.about("current")} />
        <TextField label="New password" type="password" name="next" value={next} onValue={setNext} autocomplete="new-password" maxLength={256} hint="12 characters or more." wrong={tried && [...next].length < 12 ? "Use at least 12 characters. A sentence is easy to remember." : problem?.about("password")} />
        <div><Button type="submit" busy={busy}>Change the password</Button></div>
      </form>
    </Card>
  );
}

function SecondFactor({ id, on, password, onChange }: { id: string; on: boolean; password: boolean; onChange: () => Promise<void> }) {
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const begin = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setSecret((await call("beginTotp", { path: { id } })).data);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const confirm = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      setCodes((await call("confirmTotp", { path: { id }, body: { code: code.replace(/\s/g, "") } })).data.recovery_codes);
      setSecret(null);
      setCode("");
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  if (codes !== null) {
    const text = `${codes.join("\n")}\n`;
    return (
      <Card title="Keep these recovery codes">
        <div class="stack">
          <Notice tone="medium" icon="key"><p><b>They are shown once.</b> Each replaces your authenticator one time. Print them, or keep them where your passwords are.</p></Notice>
          <ul class="codes">{codes.map((one) => <li key={one}>{one}</li>)}</ul>
          <div class="form-actions">
            <Button kind="primary" onClick={() => { setCodes(null); void onChange(); }}>I have kept them</Button>
            <span class="row small soft">Copy all <Copy text={text} what="the recovery codes" /></span>
          </div>
        </div>
      </Card>
    );
  }
  return (
    <Card title="Second factor" note={on ? "Asked at each login" : password ? "Strongly advised" : undefined}>
      <div class="stack">
        {problem && <Failure problem={problem} />}
        {secret === null ? (
          on ? (
            <>
              <Notice tone="good" icon="shield"><p><b>On.</b> A stolen password alone does not open this account.</p></Notice>
              <p class="small soft">A new phone? Begin again here: the old one stops working when the new one's first code was accepted. If you have lost yours and the codes, an administrator can remove it.</p>
              <div><Button busy={busy} onClick={() => void begin()}>Set up again</Button></div>
            </>
          ) : (
            <>
              <p>A code from an authenticator program on your phone, asked at each login besides the password. A stolen password alone then opens nothing.</p>
              <div><Button kind="primary" busy={busy} onClick={() => void begin()}><Icon name="shield" /> Set up a second factor</Button></div>
            </>
          )
        ) : (
          <form class="form" onSubmit={(event) => void confirm(event)}>
            <p>1. Scan this with your authenticator, or type the secret into it.</p>
            <QrCode text={secret.uri} />
            <div class="secret"><span data-testid="totp-secret">{secret.secret}</span><Copy text={secret.secret} what="the secret" /></div>
            <p>2. Type the six digits that it shows.</p>
            <TextField label="Code" name="code" value={code} onValue={setCode} code inputMode="numeric" autocomplete="one-time-code" required pattern="[0-9 ]{6,8}" maxLength={8} />
            <div class="form-actions">
              <Button type="submit" kind="primary" busy={busy}>Turn it on</Button>
              <Button kind="quiet" onClick={() => { setSecret(null); setProblem(null); }}>Cancel</Button>
            </div>
          </form>
        )}
      </div>
    </Card>
  );
}

function QrCode({ text }: { text: string }) {
  const path = useMemo(() => {
    const code = qrCode(text);
    if (code === null) return null;
    const runs = code.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: code.length, d: runs.join("") };
  }, [text]);
  if (path === null) return <p class="small soft">The address is too long for a picture. Type the secret below.</p>;
  return (
    <div class="qr">
      <svg viewBox={`-2 -2 ${path.size + 4} ${path.size + 4}`} role="img" aria-label="The secret as a QR code. It stands as text below." shape-rendering="crispEdges"><path d={path.d} fill="currentColor" /></svg>
    </div>
  );
}
