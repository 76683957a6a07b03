// Live updates: one stream of server-sent events for the whole console. A topic only says what to read
// again, so that nothing is shown which an ordinary request would not show.
export type Topic = "scan" | "finding" | "ledger" | "settings";
const kTopics: Topic[] = ["scan", "finding", "ledger", "settings"];

type Listener = { topics: Topic[]; changed: () => void };
const listeners = new Set<Listener>();
let source: EventSource | null = null;
let connected = false;
const watchers = new Set<(connected: boolean) => void>();

function say(now: boolean): void {
  connected = now;
  for (const watcher of watchers) watcher(now);
}

export function startLive(): void {
  if (source !== null) return;
  source = new EventSource("/api/v1/stream");
  source.onopen = () => {
    // What happened while the stream was down is not told again: read everything once more.
    if (!connected) for (const listener of listeners) listener.changed();
    say(true);
  };
  source.onerror = () => say(false);
  for (const topic of kTopics) {
    source.addEventListener(topic, () => {
      for (const listener of listeners) if (listener.topics.includes(topic)) listener.changed();
    });
  }
}

export function stopLive(): void {
  source?.close();
  source = null;
  say(false);
}

/** Calls back soon after a change, at most twice a second. */
export function subscribe(topics: Topic[], changed: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listener: Listener = {
    topics,
    changed: () => {
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        changed();
      }, 500);
    },
  };
  listeners.add(listener);
  return () => {
    clearTimeout(timer);
    listeners.delete(listener);
  };
}
