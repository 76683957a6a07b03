// Live updates: server-sent events that only say what to read again, so that nothing is shown which an
// ordinary request would not show. The tabs of one browser share one stream: the one that holds the lock
// keeps it open and tells the others. (A browser opens six connections to an HTTP/1.1 server in all.)
export type Topic = "scan" | "finding" | "ledger" | "settings";
const kTopics: Topic[] = ["scan", "finding", "ledger", "settings"];
const kName = "saiph.live";
const kRetryMs = 20_000;

type Listener = { topics: Topic[]; changed: () => void };
const listeners = new Set<Listener>();
let stop: (() => void) | null = null;

function changed(topic: Topic | "all"): void {
  for (const listener of listeners) if (topic === "all" || listener.topics.includes(topic)) listener.changed();
}

/** Keeps a stream open until the answer is called, also when the server goes away or has no place for it. */
function hold(tell: (topic: Topic | "all") => void): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let missed = false;
  const open = () => {
    source = new EventSource("/api/v1/stream");
    source.onopen = () => {
      // What happened while the stream was down is not told again: read everything once more.
      if (missed) tell("all");
      missed = false;
    };
    source.onerror = () => {
      missed = true;
      // While it connects again by itself there is nothing to do; a refusal closes it for good.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => {
        tell("all");
        open();
      }, kRetryMs);
    };
    for (const topic of kTopics) source.addEventListener(topic, () => tell(topic));
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

export function startLive(): void {
  if (stop !== null) return;
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(kName) : null;
  const tell = (topic: Topic | "all") => {
    channel?.postMessage(topic);
    changed(topic);
  };
  if (channel !== null) channel.onmessage = (event: MessageEvent<Topic | "all">) => changed(event.data);

  const locks = navigator.locks as LockManager | undefined;
  if (channel === null || locks === undefined) {  // not on https or a loopback address
    const release = hold(tell);
    stop = () => {
      release();
      channel?.close();
    };
    return;
  }
  const leaving = new AbortController();
  const held = new Promise<void>((resolve) => leaving.signal.addEventListener("abort", () => resolve()));
  locks.request(kName, { signal: leaving.signal }, async () => {
    if (leaving.signal.aborted) return;
    const release = hold(tell);
    await held;
    release();
  }).catch(() => {
    // Left while it waited for its turn.
  });
  stop = () => {
    leaving.abort();
    channel.close();
  };
}

export function stopLive(): void {
  stop?.();
  stop = null;
}

/** Calls back soon after a change, at most twice a second. */
export function subscribe(topics: Topic[], then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listener: Listener = {
    topics,
    changed: () => {
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        then();
      }, 500);
    },
  };
  listeners.add(listener);
  return () => {
    clearTimeout(timer);
    listeners.delete(listener);
  };
}
