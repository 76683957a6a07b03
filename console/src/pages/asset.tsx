import { call } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import { moment } from "../lib/format.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Card, Digest, EntryLink, Notice, PageHead, SeverityBar, Shown, Time, VerdictBadge } from "../ui/parts.tsx";
import { whatIs } from "./assets.tsx";
import { FindingsTable } from "./findings.tsx";

const crumbs = [{ href: "/assets", text: "Assets" }];

export function AssetPage({ parameters }: PageProps) {
  const id = parameters["id"]!;
  const asset = useResource(`asset/${id}`, async (signal) => (await call("getAsset", { path: { id }, signal })).data, ["finding", "scan"]);
  return (
    <>
      <PageHead title={asset.data?.name ?? "Asset"} crumbs={crumbs} />
      <Shown of={asset}>
        {(data) => (
          <div class="stack">
            <div class="grid grid-aside">
              <Card title="What is known">
                <dl class="facts">
                  <dt>Verdict</dt><dd><VerdictBadge of={data.verdict} /></dd>
                  <dt>Content</dt><dd>{whatIs(data)}</dd>
                  <dt>SHA-256</dt><dd><Digest of={data.digest} full /></dd>
                  <dt>First seen</dt><dd>{moment(data.first_seen)}</dd>
                  <dt>Last scanned</dt><dd>{moment(data.last_seen)} (<Time of={data.last_seen} />)</dd>
                  <dt>Evidence</dt><dd><EntryLink index={data.entry} /> of the ledger</dd>
                  {data.scan && <><dt>Scan</dt><dd><a href={`/scans/${data.scan}`}>Open the scan</a></dd></>}
                </dl>
              </Card>
              <div class="stack">
                <Card title="Open findings"><SeverityBar counts={data.findings} /></Card>
                {data.replaced && <Notice tone="medium" icon="info"><p><b>Another content now has this name.</b> The last scan of the name saw a different digest; what stands here is about the earlier one.</p></Notice>}
                {data.verdict === "incomplete" && <Notice tone="open" icon="hide"><p><b>Not everything was examined.</b> The scan's report names what was left out and why. Treat this artefact as not scanned.</p></Notice>}
                {data.verdict === "clean" && <Notice tone="good" icon="info"><p><b>Nothing was found</b> in what was examined, with the rules of that day. That does not make it harmless.</p></Notice>}
              </div>
            </div>
            <FindingsTable title="Findings in this asset" filter={{ asset: id }} group="" hideAsset />
          </div>
        )}
      </Shown>
    </>
  );
}
