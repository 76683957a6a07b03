import { Fragment } from "preact";
import { call } from "../api/client.ts";
import { usePages } from "../api/resource.ts";
import type { Finding, Operations, Severity } from "../api/schema.ts";
import { plural, sentence } from "../lib/format.ts";
import { setQuery } from "../router.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Empty, PageHead, Path, Rows, Select, severities, SeverityBadge, severityWord, StateBadge, TextField, Time } from "../ui/parts.tsx";
import { useTyped } from "./assets.tsx";

type Group = "" | "rule" | "asset";
type Filter = Operations["listFindings"]["query"];

export function FindingTabs({ at }: { at: "findings" | "suppressions" | "rules" }) {
  return (
    <nav class="tabs" aria-label="Findings">
      <a href="/findings" aria-current={at === "findings" ? "page" : undefined}>Findings</a>
      <a href="/findings/suppressions" aria-current={at === "suppressions" ? "page" : undefined}>Suppressions</a>
      <a href="/findings/rules" aria-current={at === "rules" ? "page" : undefined}>Rules</a>
    </nav>
  );
}

export function FindingsPage({ place }: PageProps) {
  const state = (place.query.get("state") ?? "open") as Finding["state"] | "all";
  const severity = (place.query.get("severity") ?? "") as Severity | "";
  const rule = place.query.get("rule") ?? "";
  const group = (place.query.get("group") ?? "") as Group;
  const [typed, setTyped] = useTyped("rule", rule);
  const filter: Filter = {};
  if (state !== "all") filter.state = state;
  if (severity !== "") filter.severity = severity;
  if (/^[a-z0-9-]+$/.test(rule)) filter.rule = rule;

  return (
    <>
      <PageHead title="Findings" lead="What rules say about places in assets, worst first. Each needs a decision: get rid of the artefact, or suppress the finding with a reason and an end." />
      <FindingTabs at="findings" />
      <div class="filters" role="search" aria-label="Filter findings">
        <Select label="State" value={state} onValue={(value) => setQuery({ state: value === "open" ? "" : value })} options={[
          { value: "open", text: "Open" }, { value: "suppressed", text: "Suppressed" }, { value: "gone", text: "Gone" }, { value: "all", text: "All" }]} />
        <Select label="Severity" value={severity} onValue={(value) => setQuery({ severity: value })} options={[
          { value: "", text: "All" }, ...severities.map((value) => ({ value, text: severityWord(value) }))]} />
        <div class="wide"><TextField label="Rule" type="search" value={typed} onValue={setTyped} placeholder="whole id of a rule" maxLength={128} spellcheck={false} wrong={rule !== "" && !/^[a-z0-9-]+$/.test(rule) ? "A rule's id has lower-case letters, digits and hyphens." : null} /></div>
        <Select label="Group by" value={group} onValue={(value) => setQuery({ group: value })} options={[
          { value: "", text: "Nothing" }, { value: "rule", text: "Rule" }, { value: "asset", text: "Asset" }]} />
      </div>
      <FindingsTable filter={filter} group={group} filtered={severity !== "" || rule !== "" || state !== "open"} />
    </>
  );
}

function grouped(rows: Finding[], group: Group): { name: string; rows: Finding[] }[] {
  if (group === "") return [{ name: "", rows }];
  const groups = new Map<string, Finding[]>();
  for (const row of rows) {
    const name = group === "rule" ? row.title : row.asset_name;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, some]) => ({ name, rows: some }));
}

export function FindingsTable({ title, filter, group, hideAsset, filtered = false }: { title?: string; filter: Filter; group: Group; hideAsset?: boolean; filtered?: boolean }) {
  const findings = usePages<Finding>(`findings?${JSON.stringify(filter)}`, async (cursor, signal) =>
    (await call("listFindings", { query: { ...filter, limit: group === "" ? 50 : 200, ...(cursor === null ? {} : { cursor }) }, signal })).data, ["finding", "scan"]);
  const columns = hideAsset ? 4 : 5;
  return (
    <section class="card flush" aria-label={title ?? "Findings"}>
      {title && <div class="card-head"><h2>{title}</h2></div>}
      <Rows of={findings} noun={["finding", "findings"]} empty={filtered ? (
        <Empty icon="findings" title="No finding fits these filters" action={<button type="button" class="button" onClick={() => setQuery({ state: "", severity: "", rule: "", group: "" })}>Clear the filters</button>} />
      ) : (
        <Empty icon="good" title={hideAsset ? "No rule has anything to say about it" : "No finding is open"}>
          <p>{hideAsset ? "That speaks of what was examined, with the rules of that scan." : "Either nothing was found in what was scanned, or every finding was decided on. Artefacts that nobody scanned are not covered."}</p>
        </Empty>
      )}>
        {(rows) => (
          <table class="table cards">
            <thead><tr><th>Finding</th><th>Severity</th>{!hideAsset && <th>Asset</th>}<th>State</th><th>Last seen</th></tr></thead>
            <tbody>
              {grouped(rows, group).map(({ name, rows: some }) => (
                <Fragment key={name}>
                  {name !== "" && <tr class="group"><td colSpan={columns} class="anywhere">{name} <span class="soft">· {plural(some.length, "finding")}</span></td></tr>}
                  {some.map((finding) => (
                    <tr key={finding.id} class="link">
                      <td class="primary"><a href={`/findings/${finding.id}`}>{finding.title}</a><span class="sub">{sentence(finding.detail)}</span></td>
                      <td class="inline"><SeverityBadge of={finding.severity} /></td>
                      {!hideAsset && <td class="anywhere small inline"><a href={`/assets/${finding.asset}`}><Path of={finding.asset_name} /></a></td>}
                      <td data-label="State"><StateBadge of={finding.state} /></td>
                      <td data-label="Last seen" class="soft small"><Time of={finding.last_seen} /></td>
                    </tr>
                  ))}
                </Fragment>
              ))}
            </tbody>
          </table>
        )}
      </Rows>
    </section>
  );
}
