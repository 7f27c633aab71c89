import { deepStrictEqual as equal } from "node:assert/strict";
import { type OcppFrame, parseFrame } from "../codec.ts";
import { diffAnswers } from "./answer_diff.ts";
import { MIRROR_LIMITS } from "./limits.ts";
import { ShadowComparison } from "./shadow_comparison.ts";

const result = (payload: object): OcppFrame => parseFrame(JSON.stringify([3, "1", payload]));
const error = (code: string): OcppFrame => parseFrame(JSON.stringify([4, "1", code, "", {}]));

Deno.test("answer diff: ids and times may differ, what decides may not", () => {
  const cases: [OcppFrame, OcppFrame, string[]][] = [
    [
      result({ status: "Accepted", currentTime: "a", interval: 300 }),
      result({
        status: "Accepted",
        currentTime: "b",
        interval: 300,
      }),
      [],
    ],
    [
      result({ transactionId: 1, idTagInfo: { status: "Accepted" } }),
      result({
        transactionId: 2,
        idTagInfo: { status: "Accepted", expiryDate: "x" },
      }),
      [],
    ],
    [result({ status: "Accepted", interval: 300 }), result({ status: "Pending", interval: 60 }), [
      "status: Accepted / Pending",
      "interval: 300 / 60",
    ]],
    [result({ idTagInfo: { status: "Accepted" } }), result({ idTagInfo: { status: "Blocked" } }), [
      "idTagInfo.status: Accepted / Blocked",
    ]],
    [result({ idTokenInfo: { status: "Accepted" } }), result({}), ["idTokenInfo.status: Accepted / -"]],
    [result({}), error("NotImplemented"), ["answer: result / error NotImplemented"]],
    [error("InternalError"), error("GenericError"), ["answer: error InternalError / error GenericError"]],
    [error("GenericError"), error("GenericError"), []],
    [result({ status: { __proto__: 1 } }), result({ status: ["x"] }), []],
  ];
  for (const [primary, shadow, wanted] of cases) {
    const found = diffAnswers("X", primary, shadow).map(({ field, primary, shadow }) =>
      `${field}: ${primary} / ${shadow}`
    );
    equal(found, wanted);
  }
});

Deno.test("answer diff: a value is shown up to its limit", () => {
  const of = (length: number) =>
    diffAnswers("X", result({ status: "a".repeat(length) }), result({}))[0]!.primary.length;
  equal([of(MIRROR_LIMITS.sampleChars), of(MIRROR_LIMITS.sampleChars + 1)], [60, 60]);
  equal(diffAnswers("X", result({ status: "a".repeat(61) }), result({}))[0]!.primary.at(-1), "…");
});

Deno.test("shadow comparison: pairs in either order, counts, and gives up the oldest past its limit", () => {
  const comparison = new ShadowComparison();
  equal(comparison.take(0), undefined);
  comparison.primary("1", "Heartbeat", result({}), 0);
  comparison.shadow("1", "Heartbeat", result({}), 0);
  comparison.shadow("2", "Authorize", result({ idTagInfo: { status: "Invalid" } }), 0);
  comparison.primary("2", "Authorize", result({ idTagInfo: { status: "Accepted" } }), 0);
  const counts = comparison.take(0)!;
  equal([counts.same, counts.different, counts.missing, counts.samples.length], [1, 1, 0, 1]);
  for (let i = 0; i < MIRROR_LIMITS.comparisons; i++) comparison.primary(`p${i}`, "Heartbeat", result({}), 0);
  equal(comparison.take(0), undefined, "at the limit all may still come");
  comparison.primary("one more", "Heartbeat", result({}), 0);
  equal(comparison.take(0)?.missing, 1);
});

Deno.test("shadow comparison: an answer that the shadow does not give is missing when its time is over, and not before", () => {
  const comparison = new ShadowComparison();
  comparison.primary("1", "Heartbeat", result({}), 1_000);
  comparison.shadow("2", "Heartbeat", result({}), 1_000); // the station has gone to another message
  equal(comparison.take(1_000 + MIRROR_LIMITS.comparisonMs - 1), undefined);
  equal(comparison.take(1_000 + MIRROR_LIMITS.comparisonMs)?.missing, 1);
  equal(comparison.take(1_000 + 2 * MIRROR_LIMITS.comparisonMs), undefined);
});

Deno.test("shadow comparison: samples are kept up to their limit, differences are all counted", () => {
  const comparison = new ShadowComparison();
  for (let i = 0; i <= MIRROR_LIMITS.samples; i++) {
    comparison.primary(String(i), "X", result({ status: "a" }), 0);
    comparison.shadow(String(i), "X", result({ status: "b" }), 0);
  }
  const { different, samples } = comparison.take(0)!;
  equal([different, samples.length], [MIRROR_LIMITS.samples + 1, MIRROR_LIMITS.samples]);
});
