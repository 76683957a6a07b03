// Runs the unit tests (src/**/*.test.ts) with Node's own test runner: bundled by esbuild, which Vite
// brings, because Node 18 reads no TypeScript.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tests = readdirSync(join(root, "src"), { recursive: true }).filter((name) => name.endsWith(".test.ts")).map((name) => join(root, "src", name));
const out = mkdtempSync(join(tmpdir(), "saiph-console-"));
try {
  await build({ entryPoints: tests, outdir: out, bundle: true, platform: "node", format: "esm", target: "node18", outExtension: { ".js": ".mjs" }, logLevel: "warning" });
  const files = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".mjs")).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit", env: { ...process.env, SAIPH_ROOT: join(root, "..") } }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
