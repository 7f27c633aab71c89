import { deepEqual } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { openStore } from "../store/kv_store.ts";
import { StationFacts } from "./station_facts.ts";

Deno.test("station facts: what several parts learn of a station at one moment is all kept, also after a restart", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const facts = await StationFacts.open(store);
  const changed = await Promise.all([
    facts.learn("CP001", { protocol: "ocpp1.6", firmwareVersion: "1.0.0" }),
    facts.learn("CP001", { connectors: 2 }),
    facts.learn("CP001", (known) => ({ wasKnown: Object.keys(known).length })),
    facts.learn("CP002", { connectors: 1 }),
  ]);
  const known = { protocol: "ocpp1.6", firmwareVersion: "1.0.0", connectors: 2, wasKnown: 3 };
  deepEqual(changed, [["protocol", "firmwareVersion"], ["connectors"], ["wasKnown"], ["connectors"]]);
  deepEqual(facts.of("CP001"), known);
  deepEqual((await StationFacts.open(store)).of("CP001"), known);
  await store.close();
});

Deno.test("station facts: what was learned before the hardware was replaced is forgotten, what comes after is not", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const facts = await StationFacts.open(store);
  await Promise.all([
    facts.learn("CP001", { serial: "A" }),
    facts.forget("CP001"),
    facts.learn("CP001", { model: "B" }),
  ]);
  deepEqual(facts.of("CP001"), { model: "B" });
  deepEqual((await StationFacts.open(store)).of("CP001"), { model: "B" });
  await store.close();
});
