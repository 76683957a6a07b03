import { call } from "../api/client.ts";
import { usePages } from "../api/resource.ts";
import type { Suppression } from "../api/schema.ts";
import { date, shortDigest } from "../lib/format.ts";
import { setQuery } from "../router.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Empty, PageHead, Rows, Select, Time } from "../ui/parts.tsx";
import { RevokeButton } from "./finding.tsx";
import { FindingTabs } from "./findings.tsx";

export function SuppressionsPage({ place }: PageProps) {
  const shown = (place.query.get("active") ?? "true") as "true" | "false" | "all";
  const maySuppress = useMay("suppress");
  const list = usePages<Suppression>(`suppressions/${shown}`, async (cursor, signal) =>
    (await call("listSuppressions", { query: { limit: 50, ...(shown === "all" ? {} : { active: shown === "true" }), ...(cursor === null ? {} : { cursor }) }, signal })).data, ["finding"]);
  return (
    <>
      <PageHead title="Suppressions" lead="Decisions that findings of a rule in one asset need nobody, for a reason and for a time. Each stands in the ledger." />
      <FindingTabs at="suppressions" />
      <div class="filters">
        <Select label="Show" value={shown} onValue={(value) => setQuery({ active: value === "true" ? "" : value })} options={[
          { value: "true", text: "In force" }, { value: "false", text: "Ended or revoked" }, { value: "all", text: "All" }]} />
      </div>
      <section class="card flush" aria-label="Suppressions">
        <Rows of={list} noun={["suppression", "suppressions"]} empty={
          <Empty icon="hide" title={shown === "true" ? "No suppression is in force" : "There are none"}>
            <p>Open a finding and choose “Suppress” when you have looked at it and decided to live with it. You give a reason and an end; both are kept in the record.</p>
          </Empty>
        }>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th>Rule and reason</th><th>For</th><th>Ends</th><th>Made</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.id}>
                    <td class="primary"><a href={`/findings?state=all&rule=${row.rule}`}>{row.rule}</a><span class="sub">{row.reason}</span></td>
                    <td data-label="For" class="small anywhere">{row.path === null ? <code title={row.digest ?? ""}>{shortDigest(row.digest ?? "")}…</code> : <code>{row.path}</code>}</td>
                    <td data-label="Ends" class="small nowrap">{row.revoked !== null ? <span class="badge">revoked</span> : row.active ? date(row.expires) : <span class="badge">ended {date(row.expires)}</span>}</td>
                    <td data-label="Made" class="small soft"><Time of={row.created} /></td>
                    <td class="right">{maySuppress && row.active && <RevokeButton of={row} etag={null} onDone={list.reload} />}</td>
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
