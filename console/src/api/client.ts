// Calls operations of the API by their operation id, typed by the OpenAPI document. Every failure is a
// Problem: what the server said (RFC 9457), or a sentence about why it could not be reached.
import { routes, type Operations, type Problem as ProblemBody } from "./schema.ts";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: NonNullable<ProblemBody["errors"]> = [],
    readonly request: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(detail || title);
  }

  /** The server's sentence about one member of the body, or null. */
  about(member: string): string | null {
    return this.errors.find((error) => error.in === "body" && error.name === `/${member}`)?.message ?? null;
  }
}

type Op = keyof Operations;
type Arguments<O extends Op> = {
  path?: Operations[O]["parameters"];
  query?: Operations[O]["query"];
  body?: Operations[O]["body"] | Blob;
  label?: string;
  etag?: string;
  signal?: AbortSignal;
  /** Makes a repeated request harmless; only where the operation reads `Idempotency-Key`. */
  once?: boolean;
};
export type Answer<T> = { data: T; etag: string | null };

let csrf: string | null = null;
let lost: () => void = () => {};

/** The session's CSRF token goes with every change from now on. */
export function useCsrf(token: string | null): void {
  csrf = token;
}

/** Called when the server says that the session has ended. */
export function onSessionLost(then: () => void): void {
  lost = then;
}

export function address<O extends Op>(operation: O, path?: Operations[O]["parameters"], query?: Operations[O]["query"]): string {
  const filled = routes[operation][1].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String((path as Record<string, unknown> | undefined)?.[name] ?? "");
    return name === "path" ? value : encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

export async function call<O extends Op>(operation: O, given: Arguments<O> = {}): Promise<Answer<Operations[O]["result"]>> {
  const response = await send(operation, given);
  const type = response.headers.get("content-type") ?? "";
  const etag = response.headers.get("etag");
  if (response.status === 204) return { data: undefined as Operations[O]["result"], etag };
  const data = /^application\/json(;|$)/.test(type) ? await response.json() : await response.text();
  return { data: data as Operations[O]["result"], etag };
}

export async function send<O extends Op>(operation: O, given: Arguments<O> = {}): Promise<Response> {
  const method = routes[operation][0];
  const headers: Record<string, string> = { Accept: "application/json, */*;q=0.5" };
  let body: BodyInit | null = null;
  if (given.body instanceof Blob) {
    headers["Content-Type"] = "application/octet-stream";
    body = given.body;
  } else if (given.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(given.body);
  }
  if (method !== "GET" && csrf !== null) headers["X-Saiph-CSRF"] = csrf;
  if (given.etag !== undefined) headers["If-Match"] = given.etag;
  if (given.once === true) headers["Idempotency-Key"] = uniqueKey();
  let response: Response;
  try {
    response = await fetch(address(operation, given.path, given.query), {
      method, headers, body, credentials: "same-origin", redirect: "error", cache: "no-store",
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The server cannot be reached", "Check that saiph serve is running and that this machine reaches it, then try again.");
  }
  if (!response.ok) throw await problemOf(response, operation);
  return response;
}

async function problemOf(response: Response, operation: Op): Promise<Problem> {
  let body: Partial<ProblemBody> = {};
  try {
    body = (await response.json()) as Partial<ProblemBody>;
  } catch {
    // Not a problem document: a proxy answered, or the connection broke. The status must do.
  }
  const kind = (body.type ?? "").replace("urn:saiph:problem:", "") || `status-${response.status}`;
  const wait = Number(response.headers.get("retry-after"));
  if (response.status === 401 && operation !== "logIn" && operation !== "setUp") lost();
  return new Problem(response.status, kind, body.title ?? `The server answered ${response.status}`, body.detail ?? "",
                     body.errors ?? [], body.request ?? null, Number.isFinite(wait) && wait > 0 ? wait : null);
}

export function uniqueKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Uploads a file for a scan, with progress, which fetch cannot tell. */
export function upload(file: File, progress: (sent: number, total: number) => void): { done: Promise<Operations["createScan"]["result"]>; cancel: () => void } {
  const request = new XMLHttpRequest();
  const done = new Promise<Operations["createScan"]["result"]>((resolve, reject) => {
    request.open("POST", address("createScan", undefined, { label: file.name.slice(0, 120) }));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Idempotency-Key", uniqueKey());
    if (csrf !== null) request.setRequestHeader("X-Saiph-CSRF", csrf);
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onload = () => {
      if (request.status === 202) {
        resolve(JSON.parse(request.responseText) as Operations["createScan"]["result"]);
        return;
      }
      void problemOf(new Response(request.responseText, { status: request.status === 0 ? 500 : request.status }), "createScan").then(reject);
    };
    request.onerror = () => reject(new Problem(0, "unreachable", "The upload broke off", "The connection was lost, or the server refused the file before it was complete. Check its size against the limit in Settings, then try again."));
    request.onabort = () => reject(new Problem(0, "cancelled", "The upload was cancelled", ""));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

/** Hands bytes to the reader as a file. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
