import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { HaldClient } from "../../hal/client.ts";
import { GatewayError } from "../core/errors.ts";
import { openStore } from "../store/kv_store.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { AppliedRecords } from "./applied_record.ts";
import { digestOf, FirewallLink } from "./firewall_link.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import type { FlowRow } from "./rows.ts";

/** hald as a test plays it: what was called, and what it says. */
function played(answers: Record<string, (args: never) => unknown> = {}) {
  const calls: [string, Record<string, unknown>, number | undefined][] = [];
  const call = (name: string, args: Record<string, unknown>, options?: { readonly deadlineMs?: number }) => {
    calls.push([name, args, options?.deadlineMs]);
    return Promise.resolve(answers[name]?.(args as never) ?? { confirmed: "x" });
  };
  return { calls, link: new FirewallLink({ call } as unknown as Pick<HaldClient, "call">) };
}
const staged = (calls: readonly (readonly [string, Record<string, unknown>, unknown])[]) =>
  calls.filter(([name]) => name === "nft.stage").map(([, { offset, text }]) => ({ offset, text: String(text) }));

Deno.test("firewall link: a ruleset goes over in parts that lie one behind the other, and is named by its digest", async () => {
  const { calls, link } = played();
  const text = Array.from({ length: 70_000 }, (_, at) => String.fromCharCode(97 + at % 26)).join("");
  const digest = await link.check(text);
  const parts = staged(calls);
  equal(parts.map(({ text: part }) => part).join(""), text);
  let at = 0;
  for (const part of parts) {
    equal(part.offset, at);
    at += part.text.length;
  }
  equal(parts.length > 1 && Math.max(...parts.map((part) => part.text.length)) <= 24 * 1024, true);
  equal(calls.at(-1)!.slice(0, 2), ["nft.check", { digest: await digestOf(text) }]);
  equal(digest, await digestOf(text));
});

Deno.test("firewall link: a ruleset at the limit is taken, one byte more is refused before hald hears of it", async () => {
  const { calls, link } = played();
  await link.check("x".repeat(SEGMENTATION_LIMITS.rulesetBytes));
  const before = calls.length;
  await rejects(
    link.check("x".repeat(SEGMENTATION_LIMITS.rulesetBytes + 1)),
    (error) => error instanceof GatewayError && error.code === "SEGMENTATION_LIMIT" && error.hint !== undefined,
  );
  equal(calls.length, before);
});

Deno.test("firewall link: what loads rules may take its time, what only looks may not", async () => {
  const { calls, link } = played({
    "nft.counters": () => ({ packets: { f0: 3 } }),
    "nft.denied": () => ({ flows: [] }),
  });
  await link.apply("x", [], 30);
  await link.undo();
  await link.confirm("d");
  await link.state();
  equal(await link.counters(), { f0: 3 });
  const patience = calls.filter(([name]) => name !== "nft.stage").map(([name, , deadline]) => `${name} ${deadline}`);
  equal(patience, [
    ...["nft.apply 30000", "nft.undo 30000", "nft.confirm undefined", "nft.state undefined", "nft.counters undefined"],
  ]);
  equal(calls.find(([name]) => name === "nft.apply")![1], {
    digest: await digestOf("x"),
    settings: [],
    confirmSeconds: 30,
  });
});

Deno.test("firewall link: refused flows of every path, each with the path it took", async () => {
  const { link } = played({ "nft.denied": ({ path }: { path: string }) => ({ flows: [{ source: path }] }) });
  const denied = await link.denied();
  equal(denied.map(({ path, source }) => `${path} ${source}`).sort(), [
    "forward forward",
    "input input",
    "output output",
  ]);
});

const row = (at: number): FlowRow => ({
  ...{ id: `flow.${at}`, counter: `f${at}`, path: "input", from: "ot", to: "box", fromZone: "ot", toZone: "box" },
  ...{ what: `tcp/${at}`, because: "b".repeat(200) },
});
for (const count of [0, 1, 50, 51, SEGMENTATION_LIMITS.flows + SEGMENTATION_LIMITS.redirects]) {
  Deno.test(`applied record: ${count} rows are read as they were written, and forgotten`, async () => {
    const time = new ManualTime();
    const store = await openStore({ path: ":memory:", clock: time, timers: time });
    const records = new AppliedRecords(store);
    const record = { digest: "d", by: "eva", at: 7, rows: Array.from({ length: count }, (_, at) => row(at)) };
    equal(await records.read("pending"), undefined);
    await records.write("pending", record);
    equal(await records.read("pending"), record);
    equal(await records.read("confirmed"), undefined, "each by itself");
    await records.forget("pending");
    equal(await records.read("pending"), undefined);
    await store.close();
  });
}

Deno.test("applied record: a shorter one in the place of a longer one has no rows of the older one", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const records = new AppliedRecords(store);
  for (const count of [120, 3]) {
    await records.write("confirmed", {
      digest: String(count),
      by: "eva",
      at: 0,
      rows: Array.from({ length: count }, (_, at) => row(at)),
    });
  }
  const read = await records.read("confirmed");
  equal([read?.digest, read?.rows.length], ["3", 3]);
  await store.close();
});
