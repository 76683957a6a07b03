import assert from "node:assert/strict";
import { test } from "node:test";
import { byteLength, pieces, positions, segments } from "./places.ts";

test("bytes of UTF-8 become positions in the browser's text", () => {
  const text = "aé€😀b\ud83dc";  // 1, 2, 3, 4, 1, 3 and 1 bytes
  assert.equal(byteLength(text), 15);
  assert.deepEqual(positions(text, [0, 1, 3, 6, 10, 11, 14, 15]), [0, 1, 2, 3, 5, 6, 7, 8]);
  assert.deepEqual(positions(text, [15, 0, 6]), [8, 0, 3], "in any order");
  assert.deepEqual(positions(text, [2, 5, 7, 9]), [1, 2, 3, 3], "within a character: its begin");
  assert.deepEqual(positions(text, [2, 5, 7, 9], true), [2, 3, 5, 5], "or its end");
  assert.deepEqual(positions(text, [99]), [8]);
  assert.deepEqual(positions("", [0, 4]), [0, 0]);
  for (const one of ["plain", "Grüße, 世界", "👩‍🔬🏳️‍🌈", "\u{e0041}\u200b"]) assert.equal(byteLength(one), new TextEncoder().encode(one).length);
});

test("places that overlap, touch, are empty or lie outside cut the text into parts that make it up again", () => {
  const text = "äbcdef";
  const places = [{ offset: 0, length: 4 }, { offset: 2, length: 3 }, { offset: 5, length: 0 }, { offset: 6, length: 90 }, { offset: 80, length: 5 }];
  const found = segments(text, places);
  assert.equal(found.map(({ begin, end }) => text.slice(begin, end)).join(""), text);
  assert.deepEqual(found.map(({ begin, end, of }) => [text.slice(begin, end), of]), [
    ["ä", [0]], ["bc", [0, 1]], ["d", [1]], ["", [2]], ["e", []], ["f", [3]], ["", [4]]]);
  assert.deepEqual(found.flatMap(({ starts }) => starts), [0, 1, 2, 3, 4], "each begins once");
  assert.deepEqual(segments("", []), []);
  assert.deepEqual(segments("a", []), [{ begin: 0, end: 1, of: [], starts: [] }]);
});

test("what nobody sees is named, emoji and line ends stay", () => {
  assert.deepEqual(pieces("a\u200bb"), [{ text: "a" }, { hidden: "U+200B", count: 1 }, { text: "b" }]);
  assert.deepEqual(pieces("x\u{e0049}\u{e0067}\u{e006e}"), [{ text: "x" }, { hidden: "U+E0049", count: 3 }]);
  assert.deepEqual(pieces("\u202eabc"), [{ hidden: "U+202E", count: 1 }, { text: "abc" }]);
  assert.deepEqual(pieces("\0\x1b[31m"), [{ hidden: "U+0000", count: 2 }, { text: "[31m" }]);
  assert.deepEqual(pieces("\ud83d"), [{ hidden: "U+D83D", count: 1 }]);
  assert.deepEqual(pieces("one\n\ttwo 👩‍🔬 ❤️ 👍🏽"), [{ text: "one\n\ttwo 👩‍🔬 ❤️ 👍🏽" }]);
  assert.deepEqual(pieces("😀\ufe01\ufe02"), [{ text: "😀" }, { hidden: "U+FE01", count: 2 }]);
  assert.deepEqual(pieces(""), []);
});

test("a large text with as many places as there can be is taken apart", () => {
  const text = "abc é ".repeat(150_000);
  const found = segments(text, Array.from({ length: 256 }, (_, i) => ({ offset: i * 4000, length: 40 + i })));
  assert.equal(found.reduce((sum, { begin, end }) => sum + end - begin, 0), text.length);
  assert.equal(pieces(text).length, 1);
});
