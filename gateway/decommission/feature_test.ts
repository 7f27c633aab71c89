import { equal } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import { DecommissionRig } from "./testing/decommission_rig.ts";

Deno.test("decommission: while a look waits for a station, further ones do not pile up: one follows it", async () => {
  await using rig = await DecommissionRig.up();
  const gate = Promise.withResolvers<void>();
  let looks = 0;
  rig.feature.decommissions.tick = () => (looks++, gate.promise);
  rig.time.advance(20 * DECOMMISSION_LIMITS.tickMs);
  equal(looks, 1);
  gate.resolve();
  await waitFor("the look that follows", () => looks === 2);
  rig.time.advance(DECOMMISSION_LIMITS.tickMs);
  await waitFor("the next one", () => looks === 3);
});
