// Reading for components: what was read last is shown at once while it is read again.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./client.ts";
import { subscribe, type Topic } from "./live.ts";

export type Resource<T> = { data: T | null; problem: Problem | null; loading: boolean; reload: () => void };

const remembered = new Map<string, unknown>();

/** Forgets everything: another person may log in next. */
export function forget(): void {
  remembered.clear();
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "fault", "Something in this page went wrong", error instanceof Error ? error.message : String(error));
}

/** A null key reads nothing. `topics` are the live updates after which it is read again. */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, topics: Topic[] = []): Resource<T> {
  const [state, set] = useState<{ key: string | null; data: T | null; problem: Problem | null; loading: boolean }>({ key: null, data: null, problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    const known = (remembered.get(key) as T | undefined) ?? null;
    set((before) => ({ key, data: before.key === key ? before.data ?? known : known, problem: null, loading: true }));
    latest.current(controller.signal).then(
      (data) => {
        if (controller.signal.aborted) return;
        remembered.set(key, data);
        set({ key, data, problem: null, loading: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        set((before) => ({ key, data: before.key === key ? before.data : null, problem: asProblem(error), loading: false }));
      });
    return () => controller.abort();
  }, [key, turn]);

  const topicKey = topics.join();
  useEffect(() => (topicKey === "" || key === null ? undefined : subscribe(topicKey.split(",") as Topic[], reload)), [topicKey, key, reload]);

  if (state.key !== key) {
    const known = key === null ? null : ((remembered.get(key) as T | undefined) ?? null);
    return { data: known, problem: null, loading: key !== null, reload };
  }
  return { data: state.data, problem: state.problem, loading: state.loading, reload };
}

export type Page<T> = { items: T[]; next: string | null };
export type Pages<T> = Resource<T[]> & { more: (() => void) | null; loadingMore: boolean };

/** A list in pages: the first now, the others when somebody asks for more. */
export function usePages<T>(key: string | null, load: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>, topics: Topic[] = []): Pages<T> {
  const [rest, setRest] = useState<{ key: string | null; items: T[]; next: string | null; problem: Problem | null; busy: boolean } | null>(null);
  const first = useResource<Page<T>>(key, (signal) => load(null, signal), topics);
  const shown = rest !== null && rest.key === key ? rest : null;
  const next = shown === null ? first.data?.next ?? null : shown.next;
  const more = next === null ? null : () => {
    const before = shown?.items ?? [];
    setRest({ key, items: before, next, problem: null, busy: true });
    load(next, new AbortController().signal).then(
      (page) => setRest({ key, items: [...before, ...page.items], next: page.next, problem: null, busy: false }),
      (error: unknown) => setRest({ key, items: before, next, problem: asProblem(error), busy: false }));
  };
  return {
    data: first.data === null ? null : [...first.data.items, ...(shown?.items ?? [])],
    problem: first.problem ?? shown?.problem ?? null,
    loading: first.loading,
    reload: () => { setRest(null); first.reload(); },
    more,
    loadingMore: shown?.busy ?? false,
  };
}
