import { deepStrictEqual as equal } from "node:assert/strict";
import { spreadRetry } from "./retry_after.ts";

const at = (fraction: number, status: number, headers: Record<string, string>) =>
  spreadRetry(status, headers, { fraction: () => fraction })["Retry-After"];

Deno.test("retry after: stations of one storm are told different times, never an earlier one (Q24)", () => {
  const wait = { "Retry-After": "30" };
  equal([0, 0.5, 0.999].map((fraction) => at(fraction, 503, wait)), ["30", "45", "60"]);
  equal([0, 0.5, 0.999].map((fraction) => at(fraction, 503, { "Retry-After": "1" })), ["1", "6", "11"]);
});

Deno.test("retry after: a limit of one peer is told exactly, and an answer without a time stays so", () => {
  equal(at(0.9, 429, { "Retry-After": "7" }), "7");
  equal(at(0.9, 503, {}), undefined);
  equal(at(0.9, 401, { "WWW-Authenticate": "Basic" }), undefined);
});
