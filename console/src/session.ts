// Who is logged in, for every page.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { useCsrf } from "./api/client.ts";
import { startLive, stopLive } from "./api/live.ts";
import { forget } from "./api/resource.ts";
import type { Permission, Session } from "./api/schema.ts";

export type SessionState = { session: Session; set: (session: Session | null) => void };
export const SessionContext = createContext<SessionState | null>(null);

export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (state === null) throw new Error("This page needs a session.");
  return state;
}

export function useMay(permission: Permission): boolean {
  return useSession().session.permissions.includes(permission);
}

export function enter(session: Session): void {
  useCsrf(session.csrf);
  startLive();
}

export function leave(): void {
  useCsrf(null);
  stopLive();
  forget();
}
