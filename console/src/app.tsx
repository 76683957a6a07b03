// Who may see what: the setup page, the login page, or the console.
import { useCallback, useEffect, useState } from "preact/hooks";
import { call, onSessionLost } from "./api/client.ts";
import { asProblem } from "./api/resource.ts";
import type { Problem } from "./api/client.ts";
import type { Session, SetupState } from "./api/schema.ts";
import { Login } from "./pages/login.tsx";
import { Setup } from "./pages/setup.tsx";
import { navigate, usePlace } from "./router.ts";
import { enter, leave, SessionContext } from "./session.ts";
import { Frame } from "./ui/frame.tsx";
import { Failure } from "./ui/parts.tsx";
import { toast, Toasts } from "./ui/toasts.tsx";

type State = { at: "asking" } | { at: "broken"; problem: Problem } | { at: "outside"; setup: SetupState } | { at: "inside"; session: Session };

export function App() {
  const [state, set] = useState<State>({ at: "asking" });
  const place = usePlace();

  const outside = useCallback(async () => {
    leave();
    try {
      set({ at: "outside", setup: (await call("getSetup")).data });
    } catch (error) {
      set({ at: "broken", problem: asProblem(error) });
    }
  }, []);

  const setSession = useCallback((session: Session | null) => {
    if (session === null) {
      void outside();
      return;
    }
    enter(session);
    set({ at: "inside", session });
  }, [outside]);

  const ask = useCallback(async () => {
    try {
      // Asked first, so that a browser without a session makes no failing request.
      const setup = (await call("getSetup")).data;
      if (setup.needed) {
        leave();
        set({ at: "outside", setup });
        return;
      }
      setSession((await call("whoAmI")).data);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 401) await outside();
      else set({ at: "broken", problem });
    }
  }, [outside, setSession]);

  useEffect(() => {
    void ask();
  }, [ask]);

  useEffect(() => {
    onSessionLost(() => {
      if (state.at !== "inside") return;
      toast("medium", "Your session has ended. Log in again to go on where you were.");
      void outside();
    });
  }, [state.at, outside]);

  useEffect(() => {
    if (state.at === "outside" && state.setup.needed && place.path !== "/setup") navigate("/setup", true);
    if (state.at === "inside" && (place.path === "/setup" || place.path === "/login")) navigate("/", true);
  }, [state, place.path]);

  return (
    <>
      {state.at === "broken" && (
        <main class="gate"><div class="gate-box"><Failure problem={state.problem} retry={() => void ask()} /></div></main>
      )}
      {state.at === "outside" && (state.setup.needed
        ? <Setup state={state.setup} token={place.hash} onDone={setSession} />
        : <Login state={state.setup} place={place} onDone={setSession} />)}
      {state.at === "inside" && (
        <SessionContext.Provider value={{ session: state.session, set: setSession }}>
          <Frame place={place} />
        </SessionContext.Provider>
      )}
      <Toasts />
    </>
  );
}
