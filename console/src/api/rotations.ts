// The log's key rotations as the server has them, for lib/rotation.ts to check.
import { utf8, type Bytes } from "../lib/bytes.ts";
import { call, send } from "./client.ts";

/** The entries' bytes, oldest first. */
export async function readRotations(signal: AbortSignal): Promise<Bytes[]> {
  const events = (await call("listEvents", { query: { type: "key-rotation", limit: 200 }, signal })).data.items;
  const entries: Bytes[] = [];
  for (const { index } of [...events].reverse()) {
    entries.push(utf8(await (await send("getEntry", { path: { index }, signal })).text()));
  }
  return entries;
}
