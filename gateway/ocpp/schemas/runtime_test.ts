import { deepStrictEqual as equal } from "node:assert/strict";
import codePoints, { fullFormats } from "./runtime.ts";

const isDateTime = fullFormats["date-time"].validate;

Deno.test("schema formats: times as RFC 3339 and as stations send them", () => {
  const good = [
    "2026-01-01T00:00:00Z",
    "2026-12-31T23:59:60.123456Z",
    "2026-01-01T00:00:00+01:00",
    "2026-01-01T00:00:00",
    "2026-01-01T03:00:00+03",
  ];
  const bad = ["", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "yesterday", "2026-01-01T00:00Z"];
  equal(good.map(isDateTime), good.map(() => true));
  equal(bad.map(isDateTime), bad.map(() => false));
});

Deno.test("schema formats: URLs need a scheme and no blanks", () => {
  const is = fullFormats.uri;
  equal(["https://a.example/f.bin", "ftp://u:p@h/x"].map(is), [true, true]);
  equal(["", "file", "https://a b", ":x"].map(is), [false, false, false, false]);
});

Deno.test("schema formats: lengths count code points", () => {
  equal(["", "abc", "\u00e4\u00f6", "\u{1f600}x", "\ud83d", "\ude00\ud83d"].map(codePoints), [0, 3, 2, 2, 1, 2]);
});

Deno.test("schema formats: the usual form of a time is judged as any other form of it", () => {
  let seed = 7, seen = 0;
  const random = (below: number) => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % below;
  for (const base of ["2026-01-31T23:59:59", "2026-01-31T23:59:59.123"]) {
    for (let i = 0; i < 5_000; i++) {
      const chars = [...base];
      chars[random(chars.length)] = "0123456789T:-.Zz x"[random(18)]!;
      const text = chars.join("");
      const asZone = isDateTime(`${text}+00:00`); // read by the pattern
      equal(isDateTime(`${text}Z`), asZone, text);
      if (asZone) seen++;
    }
  }
  equal(seen > 1_000 && seen < 9_000, true, `${seen}`);
});
