// The console around its pages: navigation, who is logged in, theme, and which page a path means.
import { useEffect, useRef, useState } from "preact/hooks";
import type { FunctionComponent } from "preact";
import { call } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import { AssetPage } from "../pages/asset.tsx";
import { AssetsPage } from "../pages/assets.tsx";
import { EntryPage } from "../pages/entry.tsx";
import { FindingPage } from "../pages/finding.tsx";
import { FindingsPage } from "../pages/findings.tsx";
import { InspectPage } from "../pages/inspect.tsx";
import { LedgerPage } from "../pages/ledger.tsx";
import { OverviewPage } from "../pages/overview.tsx";
import { RulesPage } from "../pages/rules.tsx";
import { ScanPage } from "../pages/scan.tsx";
import { ScansPage } from "../pages/scans.tsx";
import { SettingsPage } from "../pages/settings.tsx";
import { SuppressionsPage } from "../pages/suppressions.tsx";
import type { Permission } from "../api/schema.ts";
import { match, type Place } from "../router.ts";
import { useSession } from "../session.ts";
import { setTheme, theme } from "../theme.ts";
import { Icon, Star, type IconName } from "./icons.tsx";
import { Empty, PageHead, roleWords } from "./parts.tsx";

export type PageProps = { place: Place; parameters: Record<string, string> };

const pages: [string, FunctionComponent<PageProps>][] = [
  ["/", OverviewPage],
  ["/assets", AssetsPage],
  ["/assets/:id", AssetPage],
  ["/findings", FindingsPage],
  ["/findings/suppressions", SuppressionsPage],
  ["/findings/rules", RulesPage],
  ["/findings/:id", FindingPage],
  ["/scans", ScansPage],
  ["/scans/:id", ScanPage],
  ["/inspect", InspectPage],
  ["/ledger", LedgerPage],
  ["/ledger/entries/:index", EntryPage],
  ["/settings", SettingsPage],
  ["/settings/:tab", SettingsPage],
];

const sections: { href: string; text: string; icon: IconName; needs?: Permission }[] = [
  { href: "/", text: "Overview", icon: "overview" },
  { href: "/assets", text: "Assets", icon: "assets" },
  { href: "/findings", text: "Findings", icon: "findings" },
  { href: "/scans", text: "Scans", icon: "scans" },
  { href: "/inspect", text: "Inspect", icon: "inspect" },
  { href: "/ledger", text: "Ledger", icon: "ledger", needs: "read-ledger" },
  { href: "/settings", text: "Settings", icon: "settings" },
];

function pageOf(path: string): [FunctionComponent<PageProps>, Record<string, string>] {
  for (const [pattern, page] of pages) {
    const parameters = match(pattern, path);
    if (parameters !== null) return [page, parameters];
  }
  return [NoSuchPage, {}];
}

function NoSuchPage() {
  return (
    <>
      <PageHead title="No such page" />
      <div class="card"><Empty icon="open" title="Nothing stands at this address" action={<a class="button" href="/">Go to the overview</a>}>
        <p>The address may have been cut, or what it named was removed.</p>
      </Empty></div>
    </>
  );
}

export function Frame({ place }: { place: Place }) {
  const { session } = useSession();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [Page, parameters] = pageOf(place.path);
  const overview = useResource("overview", async (signal) => (await call("getOverview", { signal })).data, ["finding", "scan"]);
  const urgent = (overview.data?.open_findings.critical ?? 0) + (overview.data?.open_findings.high ?? 0);

  // A new page begins at its top, and a screen reader reads its heading.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [place.path]);

  return (
    <div class="frame">
      <button type="button" class="skip" onClick={() => { main.current?.focus(); main.current?.scrollIntoView(); }}>Skip to the page</button>
      <header class="topbar">
        <a class="brand" href="/"><Star size={20} /> Saiph</a>
        <ThemeButton />
        <LogoutButton />
      </header>
      <aside class="side" aria-label="Console"><div class="side-in">
        <a class="brand" href="/"><Star /> Saiph</a>
        <nav aria-label="Sections">
          <ul class="nav">
            {sections.filter(({ needs }) => needs === undefined || session.permissions.includes(needs)).map(({ href, text, icon }) => (
              <li key={href}>
                <a href={href} aria-current={(href === "/" ? place.path === "/" : place.path.startsWith(href)) ? "page" : undefined}>
                  <Icon name={icon} /> {text}
                  {href === "/findings" && urgent > 0 && <span class="count" title="Open findings of severity high or critical">{urgent > 99 ? "99+" : urgent}<span class="visually-hidden"> open, high or critical</span></span>}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          <div class="who">
            <span class="avatar" aria-hidden="true">{(session.account.display || session.account.name).slice(0, 1).toUpperCase()}</span>
            <div class="grow">
              <b>{session.account.display || session.account.name}</b>
              <span>{roleWords[session.account.role].name}</span>
            </div>
          </div>
          <div class="side-tools"><ThemeButton /><LogoutButton /></div>
        </div>
      </div></aside>
      <main class="main" id="page" ref={main} tabIndex={-1}>
        <div class="page"><Page key={place.path} place={place} parameters={parameters} /></div>
      </main>
    </div>
  );
}

function ThemeButton() {
  const [, redraw] = useState(0);
  const dark = theme() === "dark" || (theme() === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <button type="button" class="button quiet icon" aria-label={dark ? "Use light colours" : "Use dark colours"} title={dark ? "Use light colours" : "Use dark colours"}
            onClick={() => { setTheme(dark ? "light" : "dark"); redraw((n) => n + 1); }}>
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}

function LogoutButton() {
  const { set } = useSession();
  const logOut = async () => {
    try {
      await call("logOut");
    } finally {
      set(null);
    }
  };
  return (
    <button type="button" class="button quiet icon" aria-label="Log out" title="Log out" onClick={() => void logOut()}>
      <Icon name="out" />
    </button>
  );
}
