// Every page in two themes and two widths against the mock of console/dev: a screenshot each; fails on
// horizontal overflow, an error in the browser's console, a request elsewhere, or what axe finds at AA.
//   node screens.mjs [FOLDER] [NAME...]
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { axe, launch, open, overflow, settle, shotPath, themes, widths } from "./browser.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const [folder = join(root, "build/console-screens"), ...only] = process.argv.slice(2);

async function mock(port, ...words) {
  const child = spawn(process.execPath, [join(root, "console/dev/mock.mjs"), String(port), ...words], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => { child.stdout.once("data", resolve); child.once("exit", reject); });
  return { base: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

const logIn = (name) => async (page) => {
  await page.goto("/");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("a password of the mock");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
};
const pin = async (page) => {
  await page.goto("/ledger");
  await page.getByRole("button", { name: "Pin the one this server states" }).click();
  await page.getByText("Checked in this browser").waitFor();
  await page.getByRole("button", { name: "Keep the latest" }).click();
  await page.locator(".toast button").first().click();
  await page.locator(".toast button").first().click();
};

/** Written and sent by keyboard. */
const inspectText = (text, expected) => async (page) => {
  await page.goto("/inspect");
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.keyboard.press("Control+Enter");
  await page.getByText(expected).first().waitFor();
};

/** name, path or steps, options */
const filled = [
  ["overview", "/"],
  ["assets", "/assets"],
  ["asset", "/assets/1006"],
  ["asset-incomplete", "/assets/1003"],
  ["findings", "/findings?state=all"],
  ["findings-grouped", "/findings?group=rule&state=all"],
  ["finding", "/findings/5004"],
  ["finding-suppressed", async (page) => { await page.goto("/findings?state=suppressed"); await page.locator("td.primary a").first().click(); await page.getByText("Suppressed until").waitFor(); }],
  ["suppress", async (page) => { await page.goto("/findings/5004"); await page.getByRole("button", { name: "Suppress…" }).click(); await page.locator("dialog").getByRole("button", { name: "Suppress" }).click(); }],
  ["suppressions", "/findings/suppressions"],
  ["rules", "/findings/rules"],
  ["scans", "/scans"],
  ["scan", async (page) => { await page.goto("/scans"); await page.getByRole("link", { name: "bundle.zip" }).click(); await page.getByText("The report").waitFor(); }],
  ["scan-running", async (page) => { await page.goto("/scans"); await page.getByRole("link", { name: "/srv/models/third-party" }).click(); await page.getByText("At work").waitFor(); }],
  ["inspect", "/inspect"],
  ["inspect-block", async (page) => { await page.goto("/inspect"); await page.getByRole("button", { name: /An instruction in a document/ }).click(); await page.getByRole("heading", { name: "Block" }).waitFor(); await page.getByRole("button", { name: "Show finding 2 in the text" }).click(); }],
  ["inspect-views", async (page) => { await page.goto("/inspect"); await page.getByRole("button", { name: /Words in disguise/ }).click(); await page.getByText(/^Base64 at /).waitFor(); }],
  ["inspect-output", async (page) => { await page.goto("/inspect"); await page.getByRole("button", { name: /An answer that says too much/ }).click(); await page.getByRole("heading", { name: "Findings" }).waitFor(); }],
  ["inspect-redacted", async (page) => { await page.goto("/inspect"); await page.getByLabel("Copy without personal data").selectOption("token"); await page.getByRole("button", { name: /An answer that says too much/ }).click(); await page.getByText("What the tokens stand for").click(); await page.getByText("What the tokens stand for").scrollIntoViewIfNeeded(); }],
  ["inspect-unseen", inspectText("A gr\u00fc\u00dfe \u{1f600} te\u200bxt\u202e with a tail\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}.\nAnd a word withoutanyplacewhereitcouldbebrokenbecauseitgoesonandonandonandonandonandonandonandonandon.", "Tag characters at")],
  ["inspect-allow", inspectText("Could you explain what a canary token is?", "No rule fired")],
  ["inspect-incomplete", inspectText("incomplete: a text of very many words in base64", "Not everything was looked at")],
  ["inspect-changed", async (page) => { await inspectText("Good morning", "No rule fired")(page); await page.getByLabel("Text", { exact: true }).fill("Good evening"); await page.getByText("The form above was changed").waitFor(); }],
  ["inspect-nothing", async (page) => { await page.goto("/inspect"); await page.getByRole("button", { name: "Inspect", exact: true }).click(); await page.getByText("Write or paste a text first").waitFor(); }],
  ["inspect-too-large", async (page) => { await page.goto("/inspect"); await page.getByLabel("Text", { exact: true }).fill("word ".repeat(220_000)); await page.getByRole("button", { name: "Inspect", exact: true }).click(); await page.getByText("can be inspected here").waitFor(); await page.getByLabel("Text", { exact: true }).evaluate((box) => { box.scrollTop = 0; }); }],
  ["inspect-unavailable", inspectText("unavailable: a text", "inspects no texts"), { expect: 503, alert: true }],
  ["inspect-refused", inspectText("invalid: a text", "must be a text"), { expect: 400, alert: true }],
  ["ledger-unpinned", "/ledger"],
  ["entry-unpinned", "/ledger/entries/6"],
  ["ledger", pin],
  ["entry", async (page) => { await pin(page); await page.goto("/ledger/entries/6"); await page.getByText("Proven against what you trust").waitFor(); }],
  ["settings-account", "/settings"],
  ["settings-totp", async (page) => { await page.goto("/settings"); await page.getByRole("button", { name: "Set up again" }).click(); await page.locator(".qr").waitFor(); }],
  ["settings-people", "/settings/people"],
  ["settings-person", async (page) => { await page.goto("/settings/people"); await page.getByRole("button", { name: "Change operator" }).click(); await page.locator("dialog").waitFor(); }],
  ["settings-tokens", "/settings/tokens"],
  ["settings-token", async (page) => { await page.goto("/settings/tokens"); await page.getByRole("button", { name: "Make a token" }).click(); await page.locator("dialog").waitFor(); }],
  ["settings-keys", "/settings/keys"],
  ["settings-data", "/settings/data"],
  ["no-such-page", "/nowhere"],
  ["no-such-finding", "/findings/999999", { expect: 404, alert: true }],
];
const auditor = [["auditor-finding", "/findings/5004"], ["auditor-inspect", "/inspect"], ["auditor-scans", "/scans"], ["auditor-data", "/settings/data"]];
const reporter = [["reporter-overview", "/"]];
const bare = ["overview", "assets", "findings", "suppressions", "scans", "ledger", "tokens"].map((name) => [`empty-${name}`, { overview: "/", suppressions: "/findings/suppressions", tokens: "/settings/tokens" }[name] ?? `/${name}`]);
const outside = [
  ["login", "/login"],
  ["login-totp", async (page) => { await page.goto("/"); await page.getByLabel("Name").fill("admin-totp"); await page.getByLabel("Password").fill("x"); await page.getByRole("button", { name: "Log in" }).click(); await page.getByLabel("Code", { exact: true }).waitFor(); }, { expect: 401 }],
  ["login-wrong", async (page) => { await page.goto("/"); await page.getByLabel("Name").fill("admin"); await page.getByLabel("Password").fill("wrong"); await page.getByRole("button", { name: "Log in" }).click(); await page.getByText("not accepted").waitFor(); }, { expect: 401, alert: true }],
];
const fresh = [
  ["setup-without-link", "/"],
  ["setup", "/setup#0123456789abcdef0123456789"],
  ["setup-wrong", async (page) => { await page.goto("/setup#0123456789abcdef0123456789"); await page.getByRole("button", { name: "Make the account" }).click(); await page.getByText("beginning with a letter").waitFor(); }],
];

const servers = [await mock(8791), await mock(8792, "--empty"), await mock(8793, "--setup")];
const plans = [
  [servers[0].base, logIn("admin"), filled], [servers[0].base, logIn("auditor"), auditor], [servers[0].base, logIn("reporter"), reporter],
  [servers[1].base, logIn("admin"), bare], [servers[0].base, null, outside], [servers[2].base, null, fresh],
];
const browser = await launch();
let passed = 0;
let failed = 0;
try {
  for (const theme of themes) {
    for (const width of widths) {
      for (const [base, enter, screens] of plans) {
        let storage;
        const wanted = screens.filter(([name]) => only.length === 0 || only.includes(name));
        if (wanted.length === 0) continue;
        if (enter) {
          const { context, page, expect } = await open(browser, base, { theme, width });
          expect(401);
          await enter(page);
          storage = await context.storageState();
          await context.close();
        }
        for (const [name, way, options = {}] of wanted) {
          const full = `${name}-${theme}-${width}`;
          const { context, page, problems, expect } = await open(browser, base, { theme, width, storage });
          if (!enter) expect(401);
          if (options.expect) expect(options.expect);
          const found = [];
          try {
            if (typeof way === "string") await page.goto(way);
            else await way(page);
            await settle(page);
            await page.screenshot({ path: shotPath(folder, full), fullPage: !/dialog|suppress$|person$|token$/.test(name) });
            const alerts = await page.locator("[role=alert]").allInnerTexts();
            if (options.alert !== true) found.push(...alerts.map((text) => `an alert that nobody asked for: ${text}`));
            found.push(...(await overflow(page)), ...(await axe(page)));
          } catch (error) {
            found.push(`could not be reached: ${error.message.split("\n")[0]}`);
          }
          found.push(...problems);
          await context.close();
          if (found.length === 0) ++passed;
          else {
            ++failed;
            console.log(`FAILED ${full}\n${found.map((line) => `  ${line}`).join("\n")}`);
          }
        }
      }
    }
  }
} finally {
  await browser.close();
  for (const server of servers) server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
