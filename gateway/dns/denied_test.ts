import { deepStrictEqual as equal } from "node:assert/strict";
import type { ControlApi } from "../core/control_api.ts";
import type { DeniedQuestions } from "../core/dns_api.ts";
import { nullLogger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { DeniedReporter } from "./denied.ts";
import { DNS_LIMITS } from "./limits.ts";

function reporter() {
  const reports: (readonly DeniedQuestions[])[] = [];
  const call = (_: string, { denied }: { denied: readonly DeniedQuestions[] }) => Promise.resolve(reports.push(denied));
  const control = { call } as unknown as Rpc<ControlApi>;
  const denied = new DeniedReporter({ control, clock: new ManualTime(), log: nullLogger });
  const add = (name: string, source = "10.20.0.11") =>
    denied.add({ source, name, type: "A", rule: "r", reason: "because" });
  return { denied, add, reports };
}

Deno.test("dns reports: nothing to say, nothing said; the same question is one line", async () => {
  const { denied, add, reports } = reporter();
  await denied.report();
  equal(reports.length, 0);
  for (let count = 0; count < 5; count++) add("a");
  add("b");
  await denied.report();
  equal(reports[0]!.map(({ name, count }) => [name, count]), [["a", 5], ["b", 1]]);
});

Deno.test("dns reports: at the limit every name has its line, beyond it one line for each client", async () => {
  const { denied, add, reports } = reporter();
  for (let count = 0; count < DNS_LIMITS.deniedWaiting; count++) add(`n${count}`);
  add("one-more");
  add("another");
  add("n0");
  add("else", "10.20.0.12");
  await denied.report();
  const lines = reports[0]!;
  equal(lines.length, DNS_LIMITS.deniedWaiting + 2);
  equal(lines.slice(-2).map(({ source, name, count }) => [source, name, count]), [
    ["10.20.0.11", "(more)", 2],
    ["10.20.0.12", "(more)", 1],
  ]);
  equal(lines[0]!.count, 2, "what is known is counted");
});

Deno.test("dns reports: a flood of clients stays within twice the limit", async () => {
  const { denied, add, reports } = reporter();
  for (let count = 0; count < DNS_LIMITS.deniedWaiting * 4; count++) add("a", `10.0.${count >> 8}.${count & 255}`);
  await denied.report();
  equal(reports[0]!.length, DNS_LIMITS.deniedWaiting * 2);
});
