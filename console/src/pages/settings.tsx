import type { FunctionComponent } from "preact";
import { useMay } from "../session.ts";
import type { PageProps } from "../ui/frame.tsx";
import { Empty, PageHead } from "../ui/parts.tsx";
import { AccountTab } from "./settings/account.tsx";
import { DataTab } from "./settings/data.tsx";
import { KeysTab } from "./settings/keys.tsx";
import { PeopleTab } from "./settings/people.tsx";
import { TokensTab } from "./settings/tokens.tsx";

export function SettingsPage({ parameters }: PageProps) {
  const ledger = useMay("read-ledger");
  const people = useMay("read-settings");
  const tabs: { id: string; text: string; page: FunctionComponent }[] = [
    { id: "account", text: "Account", page: AccountTab },
    ...(people ? [{ id: "people", text: "People", page: PeopleTab }] : []),
    { id: "tokens", text: "Tokens", page: TokensTab },
    ...(ledger ? [{ id: "keys", text: "Keys", page: KeysTab }] : []),
    { id: "data", text: "Data", page: DataTab },
  ];
  const at = tabs.find((tab) => tab.id === (parameters["tab"] ?? "account"));
  return (
    <>
      <PageHead title={at === undefined ? "Settings" : `Settings: ${at.text.toLowerCase()}`} />
      <nav class="tabs" aria-label="Settings">
        {tabs.map(({ id, text }) => <a key={id} href={`/settings/${id}`} aria-current={at?.id === id ? "page" : undefined}>{text}</a>)}
      </nav>
      {at === undefined ? <div class="card"><Empty icon="settings" title="No such settings"><p>Your role may not see them, or the address was cut.</p></Empty></div> : <at.page />}
    </>
  );
}
