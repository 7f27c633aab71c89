import { deepEqual, equal } from "node:assert/strict";
import { nullLogger } from "../../core/log.ts";
import type { ListedBadges } from "../../core/outage_api.ts";
import { OCPP_BADGE_LIMITS } from "./limits.ts";
import { ListWatch } from "./list_watch.ts";

/** A watch whose control takes lists, or does not. */
function watchRig() {
  const taken: ListedBadges[] = [], state = { isAway: false };
  const control = {
    call: (_method: string, listed: ListedBadges) =>
      state.isAway ? Promise.reject(new Error("away")) : Promise.resolve(void taken.push(listed)),
  };
  return { taken, state, watch: new ListWatch({ control, log: nullLogger } as never) };
}
const list = (stationId: string, count = 1): ListedBadges => ({
  ...{ stationId, csms: "main" },
  badges: Array.from({ length: count }, (_, at) => `B${at}`),
});

Deno.test("list watch: control is told of each list, of a long one the first badges and how many there are", async () => {
  const { taken, watch } = watchRig();
  watch.note(list("CP001", OCPP_BADGE_LIMITS.told));
  watch.note(list("CP002", OCPP_BADGE_LIMITS.told + 1));
  await watch.send();
  deepEqual(taken.map(({ stationId, badges, count }) => [stationId, badges.length, count]), [
    ["CP001", OCPP_BADGE_LIMITS.told, OCPP_BADGE_LIMITS.told],
    ["CP002", OCPP_BADGE_LIMITS.told, OCPP_BADGE_LIMITS.told + 1],
  ]);
});

Deno.test("list watch: what control cannot take waits in order, as many as the limit; of one more the oldest is left out", async () => {
  const { taken, state, watch } = watchRig();
  state.isAway = true;
  for (let at = 0; at <= OCPP_BADGE_LIMITS.listsWaiting; at++) watch.note(list(`CP${at}`));
  await watch.send();
  equal(taken.length, 0);
  state.isAway = false;
  await watch.send();
  equal(taken.length, OCPP_BADGE_LIMITS.listsWaiting);
  deepEqual([taken[0]!.stationId, taken.at(-1)!.stationId], ["CP1", `CP${OCPP_BADGE_LIMITS.listsWaiting}`]);
});
