// Light, dark, or the system's. public/theme.js applies the choice before the first paint.
export type Theme = "light" | "dark" | "system";
const listeners = new Set<() => void>();

export function theme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(to: Theme): void {
  if (to === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = to;
  try {
    if (to === "system") localStorage.removeItem("saiph.theme");
    else localStorage.setItem("saiph.theme", to);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** Calls back when the colours change, whoever changed them. */
export function onTheme(changed: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", changed);
  listeners.add(changed);
  return () => {
    media.removeEventListener("change", changed);
    listeners.delete(changed);
  };
}
