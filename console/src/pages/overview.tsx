import { call } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import type { Health, Overview } from "../api/schema.ts";
import { count, plural } from "../lib/format.ts";
import { useMay } from "../session.ts";
import { DayChart } from "../ui/chart.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { Card, Empty, PageHead, Path, SeverityBadge, SeverityBar, Shown, Time, type Tone } from "../ui/parts.tsx";

type Todo = { tone: Tone; icon: IconName; href: string; text: string; why: string };

function todos(overview: Overview, health: Health | null): Todo[] {
  const { open_findings: open, assets, scans } = overview;
  const list: Todo[] = [];
  if (open.critical > 0) {
    list.push({ tone: "critical", icon: "findings", href: "/findings?severity=critical", text: `${plural(open.critical, "critical finding")} open`, why: "Code runs when the artefact is loaded, or a payload was shown. Keep it away from machines until somebody decided." });
  }
  if (open.high > 0) {
    list.push({ tone: "high", icon: "findings", href: "/findings?severity=high", text: `${plural(open.high, "high finding")} open`, why: "A strong sign of an attack or a dangerous structure." });
  }
  if (assets.incomplete > 0) {
    list.push({ tone: "open", icon: "hide", href: "/assets?verdict=incomplete", text: `${plural(assets.incomplete, "asset")} could not be examined fully`, why: "What was not read may hold anything. Treat these as not scanned." });
  }
  if (scans.failed_last_day > 0) {
    list.push({ tone: "medium", icon: "scans", href: "/scans?state=failed", text: `${plural(scans.failed_last_day, "scan")} failed in the last 24 hours`, why: "Nothing is known about what they should have looked at." });
  }
  if (overview.suppressions_expiring > 0) {
    list.push({ tone: "medium", icon: "clock", href: "/findings/suppressions", text: `${plural(overview.suppressions_expiring, "suppression")} ${overview.suppressions_expiring === 1 ? "ends" : "end"} within 14 days`, why: "Their findings will be open again. Decide anew, or let them end." });
  }
  for (const check of health?.checks ?? []) {
    if (!check.ok) list.push({ tone: "critical", icon: "bad", href: "/settings/data", text: `The part “${check.name}” of the server does not work`, why: check.detail });
  }
  return list;
}

export function OverviewPage() {
  const overview = useResource("overview", async (signal) => (await call("getOverview", { signal })).data, ["scan", "finding", "ledger"]);
  const mayHealth = useMay("read-metrics");
  const health = useResource(mayHealth ? "health" : null, async (signal) => (await call("getHealth", { signal })).data, ["settings"]);
  const mayScan = useMay("scan");
  return (
    <>
      <PageHead title="Overview" lead="What needs a person now, and how it went in the last 30 days.">
        {mayScan && <a class="button primary" href="/scans"><Icon name="upload" /> Scan something</a>}
      </PageHead>
      <Shown of={overview} lines={8}>
        {(data) => (data.assets.total === 0 && data.scans.queued + data.scans.running === 0 ? <FirstSteps mayScan={mayScan} ledgerSize={data.ledger_size} /> : <Filled overview={data} health={health.data} />)}
      </Shown>
    </>
  );
}

function FirstSteps({ mayScan, ledgerSize }: { mayScan: boolean; ledgerSize: number }) {
  return (
    <div class="card">
      <Empty icon="scans" title="Nothing has been scanned yet" action={mayScan && <a class="button primary" href="/scans"><Icon name="upload" /> Scan a first file</a>}>
        <p>Give Saiph a model, a data set or a notebook. It reads the file without ever loading it, states what it found, and records its report in the ledger, which has {plural(ledgerSize, "entry", "entries")} so far.</p>
        <p>From a build or a shell: <code>saiph scan --record LEDGER PATH</code> records in the same ledger.</p>
      </Empty>
    </div>
  );
}

function Filled({ overview, health }: { overview: Overview; health: Health | null }) {
  const list = todos(overview, health);
  const openTotal = Object.values(overview.open_findings).reduce((sum, n) => sum + n, 0);
  const active = overview.scans.queued + overview.scans.running;
  return (
    <div class="stack">
      <div class="grid grid-4">
        <Stat href="/findings" label="Open findings" value={openTotal} note={`${count(overview.suppressed_findings)} suppressed`} />
        <Stat href="/assets" label="Assets" value={overview.assets.total} note={`${count(overview.assets.findings)} with findings`} />
        <Stat href="/scans" label="Scans at work" value={active} note={active === 0 ? "none waiting" : `${count(overview.scans.queued)} waiting`} />
        <Stat href="/ledger" label="Ledger entries" value={overview.ledger_size} note="each with a proof" />
      </div>
      <div class="grid grid-2">
        <Card title="Needs a person">
          {list.length === 0 ? (
            <Empty icon="good" title="Nothing waits for you">
              <p>No open finding is high or critical, and nothing was left unexamined. That speaks of what was scanned only: not of artefacts that nobody has given to Saiph.</p>
            </Empty>
          ) : (
            <ul class="todo">
              {list.map((todo) => (
                <li key={todo.text} class={`tone-${todo.tone}`}>
                  <a href={todo.href}>
                    <Icon name={todo.icon} class="mark" />
                    <span><b>{todo.text}</b><span class="why">{todo.why}</span></span>
                    <Icon name="go" size={15} class="go" />
                  </a>
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card title="New findings a day" note="When each was first seen, last 30 days">
          <DayChart days={overview.days} />
        </Card>
      </div>
      <div class="grid grid-2">
        <Card title="Newest, high or critical" flush action={<a class="small" href="/findings">All findings</a>}>
          {overview.newest.length === 0 ? <Empty icon="good" title="None open" /> : (
            <table class="table cards">
              <thead><tr><th>Finding</th><th>Severity</th><th>First seen</th></tr></thead>
              <tbody>
                {overview.newest.slice(0, 6).map((finding) => (
                  <tr key={finding.id} class="link">
                    <td class="primary"><a href={`/findings/${finding.id}`}>{finding.title}</a><span class="sub"><Path of={finding.asset_name} /></span></td>
                    <td class="inline"><SeverityBadge of={finding.severity} /></td>
                    <td class="soft small inline"><Time of={finding.first_seen} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Card>
        <div class="stack">
          <Card title="Open findings by severity">
            <SeverityBar counts={overview.open_findings} />
          </Card>
          <Card title="Assets by verdict" note="Of the last scan of each">
            <div class="stack-tight">
              <div class="bar" aria-hidden="true">
                {overview.assets.findings > 0 && <i class="tone-high" style={{ flexGrow: overview.assets.findings }} />}
                {overview.assets.incomplete > 0 && <i class="tone-open" style={{ flexGrow: overview.assets.incomplete }} />}
                {overview.assets.clean > 0 && <i class="tone-good" style={{ flexGrow: overview.assets.clean }} />}
              </div>
              <ul class="legend">
                <li class="tone-high"><i aria-hidden="true" />With findings <b>{count(overview.assets.findings)}</b></li>
                <li class="tone-open"><i aria-hidden="true" />Incomplete <b>{count(overview.assets.incomplete)}</b></li>
                <li class="tone-good"><i aria-hidden="true" />Nothing found <b>{count(overview.assets.clean)}</b></li>
              </ul>
            </div>
          </Card>
        </div>
      </div>
    </div>
  );
}

function Stat({ href, label, value, note }: { href: string; label: string; value: number; note: string }) {
  return (
    <a class="card stat" href={href}>
      <span class="label">{label}</span>
      <span class="value">{count(value)}</span>
      <span class="note">{note}</span>
    </a>
  );
}
