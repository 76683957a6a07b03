import { call } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import { Card, Copy, Digest, Notice, Shown } from "../../ui/parts.tsx";

export function KeysTab() {
  const ledger = useResource("ledger", async (signal) => (await call("getLedger", { signal })).data, ["ledger"]);
  return (
    <Shown of={ledger}>
      {(data) => (
        <div class="stack">
          <p class="soft prose">The public keys with which this installation signed its ledger, the newest last. Give the verifier key to those who check your evidence, by a way that does not lead over this server.</p>
          {data.keys.map((key) => (
            <Card key={key.fingerprint} title={key.current ? "Signs now" : "Signed before"} action={key.current ? <span class="badge tone-good">Current</span> : <span class="badge">Rotated</span>}>
              <dl class="facts">
                <dt>Algorithm</dt><dd>{key.algorithm === "ed25519" ? "Ed25519" : "ECDSA P-256"}</dd>
                <dt>Fingerprint</dt><dd><Digest of={key.fingerprint} full what="fingerprint" /></dd>
                <dt>Verifier key</dt><dd><span class="digest full"><span>{key.verifier}</span><Copy text={key.verifier} what="the verifier key" /></span></dd>
              </dl>
            </Card>
          ))}
          <Notice tone="accent" icon="info">
            <p><b>The private key never leaves the server, and this page cannot change it.</b> To rotate it, stop the server and run <code>saiph ledger rotate-key</code> there. The rotation becomes an entry that the old and the new key both sign.</p>
          </Notice>
        </div>
      )}
    </Shown>
  );
}
