// Short words about what just happened. They are also spoken, and they go by themselves.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

type ToastTone = "good" | "medium" | "critical";
type Toast = { id: number; tone: ToastTone; text: string };
let next = 1;
let show: (toast: Toast) => void = () => {};

export function toast(tone: ToastTone, text: string): void {
  show({ id: next++, tone, text });
}

export function Toasts() {
  const [toasts, set] = useState<Toast[]>([]);
  const drop = (id: number) => set((now) => now.filter((one) => one.id !== id));
  useEffect(() => {
    show = (one) => {
      set((now) => [...now.slice(-2), one]);
      setTimeout(() => drop(one.id), one.tone === "good" ? 5000 : 10_000);
    };
    return () => { show = () => {}; };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, tone, text }) => (
        <div key={id} class={`toast tone-${tone}`}>
          <Icon name={tone === "good" ? "good" : "info"} />
          <span>{text}</span>
          <button type="button" class="copy" aria-label="Dismiss" onClick={() => drop(id)}><Icon name="close" size={14} /></button>
        </div>
      ))}
    </div>
  );
}
