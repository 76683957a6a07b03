// The parts that pages are made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/client.ts";
import type { Pages, Resource } from "../api/resource.ts";
import type { Account, Finding, Severity, Verdict } from "../api/schema.ts";
import { ago, count, moment, plural, shortDigest } from "../lib/format.ts";
import { useMay } from "../session.ts";
import { Icon, type IconName } from "./icons.tsx";
import { toast } from "./toasts.tsx";

export type Tone = Severity | "open" | "good" | "accent";

// ---- pages ----

export function PageHead({ title, lead, crumbs, children }: { title: string; lead?: ComponentChildren; crumbs?: { href: string; text: string }[]; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Saiph`;
  }, [title]);
  return (
    <div class="page-head">
      <div class="titles">
        {crumbs && (
          <nav class="crumbs" aria-label="Where this page stands">
            {crumbs.map(({ href, text }) => [<a key={href} href={href}>{text}</a>, <span key={`${href}/`} aria-hidden="true">/</span>])}
          </nav>
        )}
        <h1 ref={heading} tabIndex={-1} class="anywhere">{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {children && <div class="row">{children}</div>}
    </div>
  );
}

export function Card({ title, note, action, flush, children, id }: { title?: string; note?: ComponentChildren; action?: ComponentChildren; flush?: boolean; children: ComponentChildren; id?: string }) {
  const heading = useId();
  return (
    <section class={`card${flush ? " flush" : ""}`} id={id} aria-labelledby={title ? heading : undefined}>
      {title && (
        <div class="card-head">
          <div>
            <h2 id={heading}>{title}</h2>
            {note && <p>{note}</p>}
          </div>
          {action}
        </div>
      )}
      {children}
    </section>
  );
}

// ---- states ----

export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="glyph"><Icon name={icon} size={22} /></span>
      <h2>{title}</h2>
      {children}
      {action && <div class="row">{action}</div>}
    </div>
  );
}

export function Failure({ problem, retry, advice }: { problem: Problem; retry?: () => void; advice?: string }) {
  return (
    <Notice tone="critical" icon="bad" alert>
      <p><b>{problem.title}.</b> {problem.detail}</p>
      {problem.errors.length > 0 && (
        <ul>{problem.errors.map((error) => <li key={error.name}><code>{error.name}</code> {error.message}</li>)}</ul>
      )}
      <p class="small soft">{advice ?? adviceFor(problem)}{problem.request && <> Request <code>{problem.request}</code>.</>}</p>
      {retry && <div class="row"><button type="button" class="button compact" onClick={retry}>Try again</button></div>}
    </Notice>
  );
}

function adviceFor(problem: Problem): string {
  if (problem.retryAfter !== null) return `The server asks to wait ${problem.retryAfter} s.`;
  switch (problem.status) {
    case 0: return "";
    case 401: return problem.detail === "" ? "Log in again." : "";
    case 403: return "Your role does not allow this. An administrator can change roles in Settings, People.";
    case 404: return "It may have been removed, or the address was cut.";
    case 412: case 428: return "Somebody changed it since it was read. Load it again, look, and repeat your change.";
    case 503: return "The server is starting, stopping or overloaded. Try again in a moment.";
    default: return problem.status >= 500 ? "This is a fault of Saiph. The server's log names the request below." : "";
  }
}

export function Notice({ tone, icon, alert, children }: { tone: Tone; icon: IconName; alert?: boolean; children: ComponentChildren }) {
  return (
    <div class={`notice tone-${tone}`} role={alert ? "alert" : undefined}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  const widths = ["92%", "78%", "85%", "60%", "72%"];
  return (
    <div class="stack-tight" aria-busy="true" role="status">
      <span class="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, i) => <div key={i} class="skeleton" style={{ width: widths[i % widths.length]! }} />)}
    </div>
  );
}

/** What a resource has to show: the data, else the problem, else that it is on its way. */
export function Shown<T>({ of, lines, children }: { of: Resource<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  if (of.data !== null) {
    return <>{of.problem && <Failure problem={of.problem} retry={of.reload} />}{children(of.data)}</>;
  }
  if (of.problem) return <Failure problem={of.problem} retry={of.reload} />;
  return <Skeleton lines={lines ?? 4} />;
}

/** Like Shown for a list, with its empty state and its foot. */
export function Rows<T>({ of, empty, noun, children }: { of: Pages<T>; empty: ComponentChildren; noun: [one: string, many: string]; children: (rows: T[]) => ComponentChildren }) {
  if (of.data === null) {
    return <div class="card-pad">{of.problem ? <Failure problem={of.problem} retry={of.reload} /> : <Skeleton lines={5} />}</div>;
  }
  if (of.data.length === 0) return <>{empty}</>;
  return (
    <>
      {of.problem && <Failure problem={of.problem} retry={of.reload} />}
      {children(of.data)}
      <div class="table-foot">
        <span class="number">{of.more ? "The first " : ""}{plural(of.data.length, ...noun)}</span>
        {of.more && <button type="button" class="button compact" disabled={of.loadingMore} onClick={of.more}>{of.loadingMore ? "Loading…" : "Show more"}</button>}
      </div>
    </>
  );
}

// ---- small things ----

const severityWords: Record<Severity, string> = { critical: "Critical", high: "High", medium: "Medium", low: "Low", info: "Info" };
export const severities: Severity[] = ["critical", "high", "medium", "low", "info"];
export const severityWord = (severity: Severity): string => severityWords[severity];

export function SeverityBadge({ of }: { of: Severity }) {
  return <span class={`badge tone-${of}${of === "critical" ? " solid" : ""}`}>{severityWords[of]}</span>;
}

const verdicts: Record<Verdict, { tone: Tone; text: string; hint: string }> = {
  findings: { tone: "high", text: "Findings", hint: "At least one rule has something to say about it." },
  incomplete: { tone: "open", text: "Incomplete", hint: "Not everything in it could be examined. Treat it as not scanned." },
  clean: { tone: "good", text: "Nothing found", hint: "Nothing was found in what was examined. That does not make it harmless." },
};

export function VerdictBadge({ of }: { of: Verdict | null }) {
  if (of === null) return <span class="soft">–</span>;
  const { tone, text, hint } = verdicts[of];
  return <span class={`badge tone-${tone}`} title={hint}>{text}</span>;
}

const states: Record<Finding["state"], { tone: Tone; text: string }> = {
  open: { tone: "accent", text: "Open" },
  suppressed: { tone: "info", text: "Suppressed" },
  gone: { tone: "good", text: "Gone" },
};

export function StateBadge({ of }: { of: Finding["state"] }) {
  const { tone, text } = states[of];
  return <span class={`badge tone-${tone}`}>{text}</span>;
}

export const roleWords: Record<Account["role"], { name: string; what: string }> = {
  admin: { name: "Administrator", what: "Everything, also people and settings" },
  operator: { name: "Operator", what: "Scans, suppresses and takes evidence out" },
  auditor: { name: "Auditor", what: "Reads everything and changes nothing; the reading is recorded" },
  reporter: { name: "Reporter", what: "Reads results and hands in reports of scans made elsewhere" },
};

export function Time({ of }: { of: string | null }) {
  if (of === null) return <span class="soft">never</span>;
  return <time dateTime={of} title={moment(of)} class="nowrap">{ago(of)}</time>;
}

/** A path that breaks after its slashes when it must. */
export function Path({ of }: { of: string }) {
  return <>{of.split(/(?<=[/!])/).map((part, i) => [i > 0 && <wbr key={`w${i}`} />, part])}</>;
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => {
    const failed = () => toast("medium", "The browser does not let this page write to the clipboard. Select the text and copy it by hand.");
    if (navigator.clipboard === undefined) failed();
    else navigator.clipboard.writeText(text).then(() => setDone(true), failed);
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-label={done ? `${what} copied` : `Copy ${what}`} title={done ? "Copied" : `Copy ${what}`}>
      <Icon name={done ? "check" : "copy"} size={15} />
    </button>
  );
}

export function Digest({ of, full, what = "digest" }: { of: string | null; full?: boolean; what?: string }) {
  if (of === null) return <span class="soft">not computed</span>;
  return (
    <span class={`digest${full ? " full" : ""}`}>
      <span title={of}>{full ? of : shortDigest(of)}</span>
      <Copy text={of} what={what} />
    </span>
  );
}

export function EntryLink({ index, children }: { index: number | null; children?: ComponentChildren }) {
  const mayRead = useMay("read-ledger");
  if (index === null) return <span class="soft">not recorded yet</span>;
  if (!mayRead) return <span class="number">Entry {count(index)}</span>;
  return <a href={`/ledger/entries/${index}`}>{children ?? `Entry ${count(index)}`}</a>;
}

/** Findings by severity as one bar with its words. */
export function SeverityBar({ counts, legend = true }: { counts: Record<Severity, number>; legend?: boolean }) {
  const total = severities.reduce((sum, severity) => sum + counts[severity], 0);
  return (
    <div class="stack-tight">
      <div class="bar" aria-hidden="true">
        {total > 0 && severities.filter((s) => counts[s] > 0).map((s) => <i key={s} class={`tone-${s}`} style={{ flexGrow: counts[s] }} />)}
      </div>
      {legend && (
        <ul class="legend">
          {severities.map((s) => <li key={s} class={`tone-${s}`}><i aria-hidden="true" />{severityWords[s]} <b>{count(counts[s])}</b></li>)}
        </ul>
      )}
    </div>
  );
}

export function FindingCounts({ counts }: { counts: Record<Severity, number> }) {
  const some = severities.filter((severity) => counts[severity] > 0);
  if (some.length === 0) return <span class="soft">none</span>;
  return (
    <span class="row" style={{ gap: "0.3rem" }}>
      {some.map((s) => <span key={s} class={`badge tone-${s}`} title={`${severityWords[s]}: ${counts[s]}`}><span class="number">{count(counts[s])}</span> {severityWords[s].toLowerCase()}</span>)}
    </span>
  );
}

// ---- forms ----

type FieldProps = { label: string; hint?: ComponentChildren; wrong?: string | null };

function Hints({ id, hint, wrong }: { id: string; hint?: ComponentChildren; wrong?: string | null | undefined }) {
  return (
    <>
      {hint && !wrong && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {wrong && <p class="wrong" id={`${id}-wrong`}><Icon name="bad" size={15} /> <span>{wrong}</span></p>}
    </>
  );
}

const described = (id: string, hint: unknown, wrong: unknown) =>
  [hint && !wrong ? `${id}-hint` : "", wrong ? `${id}-wrong` : ""].filter((s) => s !== "").join(" ") || undefined;

export function TextField({ label, hint, wrong, value, onValue, code, ...rest }: FieldProps & { value: string; onValue: (value: string) => void; code?: boolean } & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "label" | "value" | "onInput">) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...rest} id={id} class={`input${code ? " code" : ""}`} value={value} onInput={(event) => onValue(event.currentTarget.value)}
             aria-invalid={wrong ? "true" : undefined} aria-describedby={described(id, hint, wrong)} />
      <Hints id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

export function TextArea({ label, hint, wrong, value, onValue, ...rest }: FieldProps & { value: string; onValue: (value: string) => void } & Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, "label" | "value" | "onInput">) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea {...rest} id={id} class="input" value={value} onInput={(event) => onValue(event.currentTarget.value)}
                aria-invalid={wrong ? "true" : undefined} aria-describedby={described(id, hint, wrong)} />
      <Hints id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

export function Select<V extends string>({ label, hint, wrong, value, onValue, options, class: extra = "" }: FieldProps & { value: V; onValue: (value: V) => void; options: { value: V; text: string }[]; class?: string }) {
  const id = useId();
  return (
    <div class={`field ${extra}`}>
      <label for={id}>{label}</label>
      <select id={id} class="input" value={value} onChange={(event) => onValue(event.currentTarget.value as V)} aria-describedby={described(id, hint, wrong)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
      <Hints id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

export function Button({ busy, children, kind = "", ...rest }: { busy?: boolean; kind?: string; children: ComponentChildren } & Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "class">) {
  return (
    <button type="button" {...rest} class={`button ${kind}`} disabled={busy === true || rest.disabled === true} aria-busy={busy ? "true" : undefined}>
      {children}
    </button>
  );
}

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}
            onClick={(event) => { if (event.target === box.current) onClose(); }}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="copy" onClick={onClose} aria-label="Close"><Icon name="close" size={17} /></button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
