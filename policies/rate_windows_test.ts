import { deepStrictEqual as equal } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { RateWindows } from "./rate_windows.ts";

Deno.test("rate windows: as many as allowed pass, one more is too many, until the first is out of the window", () => {
  const windows = new RateWindows();
  const at = (second: number) => windows.isExceeded("a", 3, 60, second * 1_000);
  equal([at(0), at(10), at(20), at(30), at(59.999)], [false, false, false, true, true]);
  equal([at(60), at(61), at(70)], [false, true, false]);
});

Deno.test("rate windows: what was too many is not counted, so a side that goes on gets its allowance and no less", () => {
  const windows = new RateWindows();
  let passed = 0;
  for (let second = 0; second < 600; second++) if (!windows.isExceeded("a", 2, 60, second * 1_000)) passed++;
  equal(passed, 20);
});

Deno.test("rate windows: keys do not share an allowance; zero lets nothing through", () => {
  const windows = new RateWindows();
  equal([windows.isExceeded("a", 1, 60, 0), windows.isExceeded("b", 1, 60, 0)], [false, false]);
  equal(windows.isExceeded("c", 0, 60, 0), true);
});

Deno.test("rate windows: the most that a rule may count is counted exactly", () => {
  const windows = new RateWindows();
  const { rateMessages, rateSeconds } = POLICY_LIMITS;
  for (let i = 0; i < rateMessages; i++) equal(windows.isExceeded("a", rateMessages, rateSeconds, i), false);
  equal(windows.isExceeded("a", rateMessages, rateSeconds, rateMessages), true);
});

Deno.test("rate windows: at the limit of keys all are known, one more forgets the oldest", () => {
  const windows = new RateWindows(2);
  equal([windows.isExceeded("a", 1, 60, 0), windows.isExceeded("b", 1, 60, 0)], [false, false]);
  equal([windows.isExceeded("a", 1, 60, 1), windows.isExceeded("b", 1, 60, 1), windows.size], [true, true, 2]);
  equal([windows.isExceeded("c", 1, 60, 2), windows.size], [false, 2]);
  equal([windows.isExceeded("b", 1, 60, 3), windows.isExceeded("a", 1, 60, 3)], [true, false]);
  const many = new RateWindows();
  for (let i = 0; i <= POLICY_LIMITS.rateWindows; i++) many.isExceeded(String(i), 1, 60, 0);
  equal(many.size, POLICY_LIMITS.rateWindows);
});
