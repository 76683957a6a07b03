import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { usePages } from "../api/resource.ts";
import { size } from "../lib/format.ts";
import type { Asset, Operations, Verdict } from "../api/schema.ts";
import { setQuery } from "../router.ts";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Digest, Empty, EntryLink, FindingCounts, PageHead, Path, Rows, Select, TextField, Time, VerdictBadge } from "../ui/parts.tsx";

/** A query parameter that follows typing after a moment. */
export function useTyped(name: string, value: string): [string, (text: string) => void] {
  const [text, set] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => setQuery({ [name]: text.trim() }), 350);
    return () => clearTimeout(timer);
  }, [text, name, value]);
  return [text, set];
}

/** "pickle, zip · 12 KiB" */
export function whatIs(asset: Asset): string {
  return `${asset.types.join(", ") || "no known format"} · ${size(asset.bytes)}`;
}

export function AssetsPage({ place }: PageProps) {
  const verdict = (place.query.get("verdict") ?? "") as Verdict | "";
  const search = place.query.get("name") ?? "";
  const digest = /^(sha256:)?[0-9a-f]{64}$/.test(search) ? (search.startsWith("sha256:") ? search : `sha256:${search}`) : "";
  const [typed, setTyped] = useTyped("name", search);
  const query: Operations["listAssets"]["query"] = {};
  if (verdict !== "") query.verdict = verdict;
  if (digest !== "") query.digest = digest;
  else if (search !== "") query.name = search;
  const assets = usePages<Asset>(`assets?${JSON.stringify(query)}`, async (cursor, signal) =>
    (await call("listAssets", { query: { ...query, limit: 50, ...(cursor === null ? {} : { cursor }) }, signal })).data, ["finding", "scan"]);
  const filtered = verdict !== "" || search !== "";
  const mayScan = useMay("scan");

  return (
    <>
      <PageHead title="Assets" lead="Every artefact that a recorded scan saw: one name with one content. The evidence about it is as old as its last scan." />
      <div class="filters" role="search" aria-label="Filter assets">
        <div class="wide"><TextField label="Name or digest" type="search" value={typed} onValue={setTyped} placeholder="part of a name, or a whole SHA-256" maxLength={256} /></div>
        <Select label="Verdict" value={verdict} onValue={(value) => setQuery({ verdict: value })} options={[
          { value: "", text: "All" }, { value: "findings", text: "Findings" }, { value: "incomplete", text: "Incomplete" }, { value: "clean", text: "Nothing found" }]} />
      </div>
      <section class="card flush" aria-label="Assets">
        <Rows of={assets} noun={["asset", "assets"]} empty={filtered ? (
          <Empty icon="assets" title="No asset fits" action={<button type="button" class="button" onClick={() => { setTyped(""); setQuery({ name: "", verdict: "" }); }}>Clear the filters</button>}>
            <p>Names are searched by part, digests as a whole.</p>
          </Empty>
        ) : (
          <Empty icon="assets" title="No asset is known yet" action={mayScan && <a class="button primary" href="/scans">Scan a first file</a>}>
            <p>An asset appears here when a scan of it was recorded: from this console, over the API, or by <code>saiph scan --record</code>.</p>
          </Empty>
        )}>
          {(rows) => (
            <table class="table cards">
              <thead><tr><th>Asset</th><th>Verdict</th><th>Open findings</th><th>SHA-256</th><th>Last scanned</th><th>Evidence</th></tr></thead>
              <tbody>
                {rows.map((asset) => (
                  <tr key={asset.id} class="link">
                    <td class="primary anywhere"><a href={`/assets/${asset.id}`}><Path of={asset.name} /></a><span class="sub">{whatIs(asset)}</span></td>
                    <td data-label="Verdict"><VerdictBadge of={asset.verdict} /></td>
                    <td data-label="Open findings"><FindingCounts counts={asset.findings} /></td>
                    <td data-label="SHA-256"><Digest of={asset.digest} /></td>
                    <td data-label="Last scanned" class="soft"><Time of={asset.last_seen} /></td>
                    <td data-label="Evidence" class="nowrap"><EntryLink index={asset.entry} /></td>
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
