// What this browser trusts about a ledger: kept here and never sent anywhere.
import type { Trust } from "./verify_entry.ts";

const kKey = "saiph.pinned-key";
const kCheckpoint = "saiph.trusted-checkpoint";

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** False when the browser keeps nothing for this page. */
function write(name: string, value: string | null): boolean {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
    return true;
  } catch {
    return false;
  }
}

export const readTrust = (): Trust => ({ key: read(kKey), checkpoint: read(kCheckpoint) });
export const pinKey = (key: string | null): boolean => write(kKey, key);
export const keepCheckpoint = (text: string | null): boolean => write(kCheckpoint, text);
