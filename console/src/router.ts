// Pages are paths. A click on a link to one of them is a change of page without loading anything.
import { useEffect, useState } from "preact/hooks";

export type Place = { path: string; query: URLSearchParams; hash: string };

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash.slice(1) });
const listeners = new Set<() => void>();

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  for (const listener of listeners) listener();
}

/** Changes the query of this page; an empty value takes the name away. */
export function setQuery(changes: Record<string, string>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text === "" ? "" : `?${text}`), true);
}

export function usePlace(): Place {
  const [place, set] = useState(here);
  useEffect(() => {
    const changed = () => set(here());
    listeners.add(changed);
    addEventListener("popstate", changed);
    return () => {
      listeners.delete(changed);
      removeEventListener("popstate", changed);
    };
  }, []);
  return place;
}

/** A path of the console, not of the API or a file. */
function isPage(url: URL): boolean {
  return url.origin === location.origin && !url.pathname.startsWith("/api/") && !/\.[a-z]+$/.test(url.pathname) && !/^\/ledger\/(checkpoint|tile)/.test(url.pathname);
}

export function followLinks(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target !== "" || link.hasAttribute("download") || !link.hasAttribute("href")) return;
    const url = new URL(link.href);
    if (!isPage(url)) return;
    event.preventDefault();
    if (url.href !== location.href) navigate(url.pathname + url.search + url.hash);
  });
}

/** Takes "/findings/:id" and "/findings/12" apart; null when the path is another. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const names: string[] = [];
  const form = pattern.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name);
    return "([^/]+)";
  });
  const found = new RegExp(`^${form}/?$`).exec(path);
  if (found === null) return null;
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1]!)]));
}
