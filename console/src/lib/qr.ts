// QR codes (ISO/IEC 18004) of text as bytes, error correction level M, versions 1 to 12, mask 0 to 7 by the
// standard's penalty. Enough for the address that an authenticator program scans.

/** Error correction bytes a block, blocks of the first and the second group, data bytes of a first-group block. */
const kVersions: [number, number, number, number][] = [
  [10, 1, 0, 16], [16, 1, 0, 28], [26, 1, 0, 44], [18, 2, 0, 32], [24, 2, 0, 43], [16, 4, 0, 27],
  [18, 4, 0, 31], [22, 2, 2, 38], [22, 3, 2, 36], [26, 4, 1, 43], [30, 1, 4, 50], [22, 6, 2, 36],
];
const kAlignment: number[][] = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50], [6, 30, 54], [6, 32, 58]];

const exponents = new Uint8Array(512);
const logarithms = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; ++i, x = (x << 1) ^ (x & 0x80 ? 0x11d : 0)) {
  exponents[i] = exponents[i + 255] = x;
  logarithms[x] = i;
}
const multiply = (a: number, b: number) => (a === 0 || b === 0 ? 0 : exponents[logarithms[a]! + logarithms[b]!]!);

function correction(data: number[], length: number): number[] {
  let generator = [1];
  for (let i = 0; i < length; ++i) {
    const next = [...generator, 0];
    generator.forEach((value, at) => (next[at + 1]! ^= multiply(value, exponents[i]!)));
    generator = next;
  }
  const rest = [...data, ...new Array<number>(length).fill(0)];
  for (let i = 0; i < data.length; ++i) {
    const factor = rest[i]!;
    generator.forEach((value, at) => (rest[i + at]! ^= multiply(value, factor)));
  }
  return rest.slice(data.length);
}

/** The dark modules, row by row; null when the text is too long. */
export function qrCode(text: string): boolean[][] | null {
  const bytes = [...new TextEncoder().encode(text)];
  const version = kVersions.findIndex(([, first, second, size], i) =>
    bytes.length + (i + 1 < 10 ? 2 : 3) <= first * size + second * (size + 1)) + 1;
  if (version === 0) return null;
  const [checks, first, second, size] = kVersions[version - 1]!;
  const capacity = first * size + second * (size + 1);

  const bits: number[] = [];
  const put = (value: number, count: number) => { for (let i = count - 1; i >= 0; --i) bits.push((value >> i) & 1); };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, capacity * 8 - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8) data.push(bits.slice(i, i + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad);

  const blocks: number[][] = [];
  for (let i = 0, at = 0; i < first + second; ++i) {
    const length = size + (i >= first ? 1 : 0);
    blocks.push(data.slice(at, at + length));
    at += length;
  }
  const checked = blocks.map((block) => correction(block, checks));
  const stream: number[] = [];
  for (let i = 0; i <= size; ++i) for (const block of blocks) if (i < block.length) stream.push(block[i]!);
  for (let i = 0; i < checks; ++i) for (const block of checked) stream.push(block[i]!);

  const width = 17 + 4 * version;
  const dark: (boolean | null)[][] = Array.from({ length: width }, () => new Array<boolean | null>(width).fill(null));
  const set = (y: number, x: number, value: boolean) => { if (y >= 0 && x >= 0 && y < width && x < width) dark[y]![x] = value; };
  for (const [top, left] of [[0, 0], [0, width - 7], [width - 7, 0]] as const) {
    for (let y = -1; y <= 7; ++y) {
      for (let x = -1; x <= 7; ++x) {
        const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
        set(top + y, left + x, ring !== 2 && ring !== 4);
      }
    }
  }
  const centres = kAlignment[version - 1]!;
  for (const cy of centres) {
    for (const cx of centres) {
      if (dark[cy]![cx] !== null) continue;
      for (let y = -2; y <= 2; ++y) for (let x = -2; x <= 2; ++x) set(cy + y, cx + x, Math.max(Math.abs(y), Math.abs(x)) !== 1);
    }
  }
  for (let i = 8; i < width - 8; ++i) {
    dark[6]![i] ??= i % 2 === 0;
    dark[i]![6] ??= i % 2 === 0;
  }
  set(width - 8, 8, true);
  const formatPlaces: [number, number][][] = Array.from({ length: 15 }, (_, i): [number, number][] => [
    i < 6 ? [8, i] : i < 8 ? [8, i + 1] : i === 8 ? [7, 8] : [14 - i, 8],
    i < 7 ? [width - 1 - i, 8] : [8, width - 15 + i],
  ]);
  for (const places of formatPlaces) for (const [y, x] of places) set(y, x, false);
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; ++i) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const code = (version << 12) | rest;
    for (let i = 0; i < 18; ++i) {
      const bit = ((code >> i) & 1) === 1;
      set(Math.floor(i / 3), width - 11 + (i % 3), bit);
      set(width - 11 + (i % 3), Math.floor(i / 3), bit);
    }
  }

  const free = dark.map((row) => row.map((module) => module === null));
  let at = 0;
  for (let right = width - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < width; ++step) {
      for (const x of [right, right - 1]) {
        const up = ((right + 1) & 2) === 0;
        const y = up ? width - 1 - step : step;
        if (!free[y]![x]) continue;
        dark[y]![x] = at < stream.length * 8 && ((stream[at >> 3]! >> (7 - (at & 7))) & 1) === 1;
        ++at;
      }
    }
  }

  const masks: ((y: number, x: number) => boolean)[] = [
    (y, x) => (y + x) % 2 === 0, (y) => y % 2 === 0, (_, x) => x % 3 === 0, (y, x) => (y + x) % 3 === 0,
    (y, x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0, (y, x) => ((y * x) % 2) + ((y * x) % 3) === 0,
    (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2 === 0, (y, x) => (((y + x) % 2) + ((y * x) % 3)) % 2 === 0,
  ];
  const drawn = masks.map((mask, number) => {
    const out = dark.map((row, y) => row.map((module, x) => (module === true) !== (free[y]![x]! && mask(y, x))));
    let rest = number;  // level M is 00
    for (let i = 0; i < 10; ++i) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const code = ((number << 10) | rest) ^ 0x5412;
    formatPlaces.forEach((places, i) => {
      const bit = ((code >> (14 - i)) & 1) === 1;
      for (const [y, x] of places) out[y]![x] = bit;
    });
    return out;
  });
  return drawn.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

function penalty(dark: boolean[][]): number {
  const width = dark.length;
  const columns = dark.map((_, x) => dark.map((row) => row[x]!));
  let sum = 0;
  for (const line of [...dark, ...columns]) {
    for (let i = 0; i < width;) {
      let run = 1;
      while (i + run < width && line[i + run] === line[i]) ++run;
      if (run >= 5) sum += run - 2;
      i += run;
    }
    const text = line.map((module) => (module ? "1" : "0")).join("");
    for (const finder of ["10111010000", "00001011101"]) {
      for (let i = text.indexOf(finder); i >= 0; i = text.indexOf(finder, i + 1)) sum += 40;
    }
  }
  for (let y = 0; y + 1 < width; ++y) {
    for (let x = 0; x + 1 < width; ++x) {
      if (dark[y]![x] === dark[y]![x + 1] && dark[y]![x] === dark[y + 1]![x] && dark[y]![x] === dark[y + 1]![x + 1]) sum += 3;
    }
  }
  const count = dark.flat().filter((module) => module).length;
  return sum + 10 * Math.floor(Math.abs((count * 20) / (width * width) - 10));
}
