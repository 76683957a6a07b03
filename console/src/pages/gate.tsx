// The frame of the pages that a person sees before being logged in.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Star } from "../ui/icons.tsx";

export function Gate({ title, version, children, lead }: { title: string; version: string; children: ComponentChildren; lead: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Saiph`;
  }, [title]);
  return (
    <main class="gate">
      <div class="gate-box">
        <div class="brand"><Star size={28} /> Saiph</div>
        <div class="card">
          <h1>{title}</h1>
          <p class="lead">{lead}</p>
          {children}
        </div>
        <p class="foot">Saiph {version}</p>
      </div>
    </main>
  );
}
