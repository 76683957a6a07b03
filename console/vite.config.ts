import { defineConfig } from "vite";

const backend = process.env["SAIPH_BACKEND"] ?? "http://127.0.0.1:8790";

export default defineConfig({
  base: "/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: process.env["SAIPH_CONSOLE_OUT"] ?? "../build/console",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the Content-Security-Policy allows neither inline script nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
  server: { proxy: { "/api": backend, "/ledger": backend } },
});
