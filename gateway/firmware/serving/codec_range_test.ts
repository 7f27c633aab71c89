import { deepEqual, equal } from "node:assert/strict";
import { judgeConditions, readRange } from "./codec_range.ts";

const SIZE = 1_000;
const CASES: readonly (readonly [string | undefined, ReturnType<typeof readRange>])[] = [
  [undefined, "whole"],
  ["", "whole"],
  ["bytes=0-", { start: 0, end: 1_000 }],
  ["bytes=500-", { start: 500, end: 1_000 }],
  ["bytes=0-0", { start: 0, end: 1 }],
  ["bytes=999-", { start: 999, end: 1_000 }],
  ["bytes=999-999", { start: 999, end: 1_000 }],
  ["bytes=990-2000", { start: 990, end: 1_000 }],
  ["bytes=-1", { start: 999, end: 1_000 }],
  ["bytes=-1000", { start: 0, end: 1_000 }],
  ["bytes=-5000", { start: 0, end: 1_000 }],
  ["BYTES=0-9", { start: 0, end: 10 }],
  ["bytes= 0-9 ", { start: 0, end: 10 }],
  ["bytes=1000-", "unsatisfiable"],
  ["bytes=1000-1001", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  // those may be ignored (RFC 9110 section 14.2): all is sent
  ["bytes=5-4", "whole"],
  ["bytes=-", "whole"],
  ["bytes=0-1,5-6", "whole"],
  ["lines=0-1", "whole"],
  ["bytes=a-b", "whole"],
  ["bytes=0x10-", "whole"],
  ["bytes=-1-2", "whole"],
  ["bytes=9999999999999999-", "whole"],
];
for (const [header, wanted] of CASES) {
  Deno.test(`firmware range: ${JSON.stringify(header)} of ${SIZE} bytes`, () =>
    deepEqual(readRange(header, SIZE), wanted));
}

Deno.test("firmware range: an empty file has no bytes to ask for", () => {
  equal(readRange("bytes=0-", 0), "unsatisfiable");
  equal(readRange("bytes=-1", 0), "unsatisfiable");
});

const TAG = '"aa"';
const CONDITIONS: readonly (readonly [Parameters<typeof judgeConditions>[0], ReturnType<typeof judgeConditions>])[] = [
  [{}, "go"],
  [{ ifRange: TAG }, "go"],
  [{ ifRange: ` ${TAG} ` }, "go"],
  [{ ifRange: '"bb"' }, "full"],
  [{ ifRange: `W/${TAG}` }, "full"],
  [{ ifRange: "Wed, 21 Oct 2026 07:28:00 GMT" }, "full"],
  [{ ifMatch: TAG }, "go"],
  [{ ifMatch: "*" }, "go"],
  [{ ifMatch: `"bb", ${TAG}` }, "go"],
  [{ ifMatch: '"bb"' }, 412],
  [{ ifMatch: `W/${TAG}` }, 412],
  [{ ifNoneMatch: TAG }, 304],
  [{ ifNoneMatch: `W/${TAG}` }, 304],
  [{ ifNoneMatch: '"bb"' }, "go"],
  [{ ifMatch: '"bb"', ifNoneMatch: TAG }, 412],
];
for (const [conditions, wanted] of CONDITIONS) {
  Deno.test(`firmware range: ${JSON.stringify(conditions)} leads to ${wanted}`, () => {
    equal(judgeConditions(conditions, TAG), wanted);
  });
}

Deno.test("firmware range: whatever is asked for stands within the file", () => {
  for (let first = -3; first < 15; first++) {
    for (let last = -3; last < 15; last++) {
      for (const size of [0, 1, 10]) {
        const range = readRange(`bytes=${first < 0 ? "" : first}-${last < 0 ? "" : last}`, size);
        if (typeof range === "string") continue;
        equal(0 <= range.start && range.start < range.end && range.end <= size, true, JSON.stringify(range));
      }
    }
  }
});
