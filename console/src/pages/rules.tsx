import { call } from "../api/client.ts";
import { usePages } from "../api/resource.ts";
import type { Operations, Rule, Severity } from "../api/schema.ts";
import { setQuery } from "../router.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Empty, PageHead, Rows, Select, severities, SeverityBadge, severityWord } from "../ui/parts.tsx";
import { FindingTabs } from "./findings.tsx";

export function RulesPage({ place }: PageProps) {
  const severity = (place.query.get("severity") ?? "") as Severity | "";
  const query: Operations["listRules"]["query"] = { limit: 200 };
  if (severity !== "") query.severity = severity;
  const rules = usePages<Rule>(`rules/${severity}`, async (cursor, signal) =>
    (await call("listRules", { query: { ...query, ...(cursor === null ? {} : { cursor }) }, signal })).data);
  return (
    <>
      <PageHead title="Rules" lead="Everything this version looks for, what it means and what to do about it." />
      <FindingTabs at="rules" />
      <div class="filters">
        <Select label="Severity" value={severity} onValue={(value) => setQuery({ severity: value })} options={[{ value: "", text: "All" }, ...severities.map((value) => ({ value, text: severityWord(value) }))]} />
      </div>
      <section class="card flush" aria-label="Rules">
        <Rows of={rules} noun={["rule", "rules"]} empty={<Empty icon="findings" title="No rule has this severity" />}>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th>Rule</th><th>Severity</th></tr></thead>
              <tbody>
                {rows.map((rule) => (
                  <tr key={rule.id}>
                    <td>
                      <details>
                        <summary>{rule.title} {rule.maturity === "beta" && <span class="tag">beta</span>}</summary>
                        <div class="stack-tight prose small">
                          <p><code>{rule.id}</code></p>
                          <p>{rule.meaning}</p>
                          <p><b>What to do.</b> {rule.remedy}</p>
                          <ul class="tags">{rule.references.map((reference) => <li key={reference} class="tag">{reference}</li>)}</ul>
                          <p><a href={`/findings?state=all&rule=${rule.id}`}>Findings of this rule</a></p>
                        </div>
                      </details>
                    </td>
                    <td><SeverityBadge of={rule.severity} /></td>
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
