// Places in a text: from the API's bytes of UTF-8 to the browser's UTF-16, and into what can be shown.

export type Place = { offset: number; length: number };
/** A part of the text with one and the same places over it; `of` and `starts` are their numbers in the list. */
export type Segment = { begin: number; end: number; of: number[]; starts: number[] };
/** What is read as it stands, or a run of characters that nobody sees. */
export type Piece = { text: string } | { hidden: string; count: number };

const unitBytes = (unit: number): number => (unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);

/** Bytes of the text in UTF-8, half surrogate pairs counted as the three bytes that the API makes of them. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; ++i) {
    const pair = (text.codePointAt(i) ?? 0) > 0xffff;
    bytes += pair ? 4 : unitBytes(text.charCodeAt(i));
    if (pair) ++i;
  }
  return bytes;
}

/** UTF-16 positions of byte offsets, in the order given. One within a character becomes its begin, or its end with `up`; one behind the text becomes its end. Linear. */
export function positions(text: string, offsets: number[], up = false): number[] {
  const order = offsets.map((_, i) => i).sort((a, b) => offsets[a]! - offsets[b]!);
  const out = new Array<number>(offsets.length).fill(text.length);
  let at = 0;
  let bytes = 0;
  for (const i of order) {
    const wanted = offsets[i]!;
    for (;;) {
      if (bytes >= wanted || at >= text.length) {
        out[i] = at;
        break;
      }
      const pair = (text.codePointAt(at) ?? 0) > 0xffff;
      const width = pair ? 4 : unitBytes(text.charCodeAt(at));
      if (bytes + width > wanted && !up) {
        out[i] = at;
        break;
      }
      bytes += width;
      at += pair ? 2 : 1;
    }
  }
  return out;
}

/** The whole text in parts, cut wherever a place begins or ends. A place without length is a part of its own without text. */
export function segments(text: string, places: Place[]): Segment[] {
  const begins = positions(text, places.map((place) => place.offset));
  const ends = positions(text, places.map((place) => place.offset + place.length), true);
  const cuts = [...new Set([0, text.length, ...begins, ...ends])].sort((a, b) => a - b);
  const out: Segment[] = [];
  cuts.forEach((begin, n) => {
    const points = begins.flatMap((at, i) => (at === begin && ends[i]! <= begin ? [i] : []));
    if (points.length > 0) out.push({ begin, end: begin, of: points, starts: points });
    const end = cuts[n + 1];
    if (end === undefined) return;
    const of = begins.flatMap((at, i) => (at <= begin && ends[i]! >= end ? [i] : []));
    out.push({ begin, end, of, starts: of.filter((i) => begins[i] === begin) });
  });
  return out;
}

// Emoji are left together: what joins their parts is no secret. Line ends and tabs are seen.
const emoji = "\\p{Extended_Pictographic}\\p{Emoji_Modifier}?[\\ufe0e\\ufe0f]?";
const unseen = "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]";
const parts = new RegExp(`${emoji}(?:\\u200d${emoji})*|${unseen}+`, "gu");
const firstUnseen = new RegExp(`^${unseen}`, "u");

/** Takes a text apart so that what is not seen can be named, and turns nothing around. Linear. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(parts)) {
    const run = match[0];
    if (!firstUnseen.test(run)) continue;
    if (match.index > done) out.push({ text: text.slice(done, match.index) });
    out.push({ hidden: `U+${run.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`, count: [...run].length });
    done = match.index + run.length;
  }
  if (done < text.length) out.push({ text: text.slice(done) });
  return out;
}
