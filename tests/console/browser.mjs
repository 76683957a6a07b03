// What the console's browser tests share: Debian's Chromium, a page that remembers every error, and the
// checks that each page must pass.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const themes = ["light", "dark"];
export const widths = [1280, 390];

export async function launch() {
  return chromium.launch({
    executablePath: process.env.SAIPH_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--font-render-hinting=none"],
  });
}

/** A context of its own. `problems` gathers console errors, failed requests and requests to other places. */
export async function open(browser, base, { theme = "light", width = 1280, storage } = {}) {
  const context = await browser.newContext({
    baseURL: base, colorScheme: theme, viewport: { width, height: width < 500 ? 844 : 800 }, deviceScaleFactor: 1,
    reducedMotion: "reduce", acceptDownloads: true, ...(storage === undefined ? {} : { storageState: storage }),
    // axe is brought in by the test; everything else runs under the console's own policy.
    bypassCSP: false,
  });
  const page = await context.newPage();
  const problems = [];
  const expected = [];
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // A refused request (401, 403, 422 …) that a test provokes is written to the console by the browser itself.
    // A window that is closed is noticed by the server only at its next word, so that a test which opens many in
    // a row may be refused another stream of live updates for some seconds; the console then asks again.
    if (message.text().includes("status of 429") && message.location().url.endsWith("/api/v1/stream")) return;
    if (expected.some((status) => message.text().includes(`status of ${status}`))) return;
    problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !/^(data|blob):/.test(url)) problems.push(`request to another place: ${url}`);
  });
  return { context, page, problems, expect: (status) => expected.push(status) };
}

/** Nothing reaches beyond the width of the window. */
export async function overflow(page) {
  return page.evaluate(() => {
    const cut = [...document.querySelectorAll(".card")].filter((card) => card.scrollWidth > card.clientWidth + 1)
      .map((card) => `a card cuts off what it holds: ${card.textContent.slice(0, 40)}`);
    const wide = document.documentElement.scrollWidth;
    if (wide <= innerWidth) return cut;
    return [...cut, `the page is ${wide} wide in a window of ${innerWidth}`, ...[...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".table-wrap, .tabs, .code-block"))
      .slice(0, 5).map((element) => `${element.tagName.toLowerCase()}.${element.className} ends at ${Math.round(element.getBoundingClientRect().right)}`)];
  });
}

/** What axe finds against WCAG 2.0 to 2.2, A and AA. */
export async function axe(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""})`).join("; ")}`);
  });
  return found.map((text) => `axe ${text}`);
}

export async function settle(page) {
  await page.waitForFunction(() => document.querySelector("h1") !== null && document.querySelector("[aria-busy=true]") === null, undefined, { timeout: 10_000 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export function shotPath(folder, name) {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
