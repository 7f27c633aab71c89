import { equal } from "node:assert/strict";
import { ClockTrust } from "./clock_trust.ts";
import { OUTAGE_LIMITS } from "./limits.ts";
import { outageBox } from "./testing/outage_rig.ts";

const LIMIT_MS = OUTAGE_LIMITS.clockSeconds * 1_000;
const DAY_MS = OUTAGE_LIMITS.clockHours * 3_600_000;

Deno.test("clock trust: hald's word counts where there is hald", async () => {
  const { time, store } = await outageBox();
  for (const said of [true, false]) {
    const trust = await ClockTrust.open({ store, clock: time, synchronised: () => Promise.resolve(said) });
    await trust.seen(0);
    equal(await trust.isTrusted(), said);
  }
  await store.close();
});

Deno.test("clock trust: while hald is away the CSMS's word counts", async () => {
  const { time, store } = await outageBox();
  const trust = await ClockTrust.open({ store, clock: time, synchronised: () => Promise.reject(new Error("gone")) });
  equal(await trust.isTrusted(), false);
  await trust.seen(0);
  equal(await trust.isTrusted(), true);
  await store.close();
});

Deno.test("clock trust: without hald a clock is believed for a day after it agreed with the CSMS, and not a moment longer", async () => {
  const { time, store } = await outageBox();
  const trust = await ClockTrust.open({ store, clock: time });
  equal(await trust.isTrusted(), false, "nobody ever confirmed it");
  await trust.seen(LIMIT_MS + 1);
  equal(await trust.isTrusted(), false);
  await trust.seen(-LIMIT_MS);
  equal(await trust.isTrusted(), true);
  time.advance(DAY_MS);
  equal(await trust.isTrusted(), true);
  time.advance(1);
  equal(await trust.isTrusted(), false);
  await store.close();
});

Deno.test("clock trust: a clock that was stepped is not believed until the CSMS confirms it again", async () => {
  const { time, store } = await outageBox();
  const trust = await ClockTrust.open({ store, clock: time });
  await trust.seen(0);
  time.jump(6_000);
  equal(await trust.isTrusted(), false);
  await trust.seen(0);
  equal(await trust.isTrusted(), true);
  await store.close();
});

Deno.test("clock trust: a restarted gateway believes a clock that goes on, and none that is back in 1970", async () => {
  const { time, store } = await outageBox();
  await (await ClockTrust.open({ store, clock: time })).seen(0);
  time.advance(60_000);
  equal(await (await ClockTrust.open({ store, clock: time })).isTrusted(), true);
  time.jump(-time.now());
  equal(await (await ClockTrust.open({ store, clock: time })).isTrusted(), false);
  await store.close();
});
