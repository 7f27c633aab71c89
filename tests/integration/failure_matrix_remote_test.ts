import { equal, match, rejects } from "node:assert/strict";
import { KEY_LOOK_MS, KEY_MISSES } from "../../gateway/people/key_switch.ts";
import { PeopleRig } from "../../gateway/people/testing/people_rig.ts";
import type { Caller } from "../../gateway/core/people_api.ts";
import { waitFor } from "../support/wait_for.ts";

const WISH = { station: "CP001", deviceRole: "installer", capability: "edit" } as const;

/** A site whose key switch can be read until the test says otherwise. */
async function withKeySwitch(
  test: (site: { rig: PeopleRig; eva: Caller; box: { isAway: boolean }; look: () => void }) => Promise<void>,
): Promise<void> {
  const box = { isAway: false };
  const read = () => Promise.resolve([{ name: "service-key", isOpen: false, openings: 0 }]);
  await using rig = await PeopleRig.open({
    people: { keySwitch: { input: "service-key" } },
    inputs: () => box.isAway ? Promise.reject(new Error("hald is away")) : read(),
  });
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  await test({ rig, eva, box, look: () => rig.time.advance(KEY_LOOK_MS) });
}

const open = (rig: PeopleRig, by: Caller) =>
  rig.call("people.access.open", { by, wish: WISH, reason: "meter replaced" });

Deno.test("failure matrix: device pages: hald, which reads the key switch / pages and tunnels that are open: open for two seconds; closed then, with the rule access.key-switch", () =>
  withKeySwitch(async ({ rig, eva, box, look }) => {
    const lease = await open(rig, eva);
    box.isAway = true;
    for (let miss = 1; miss < KEY_MISSES; miss++) {
      look();
      await rig.call("people.access.check", { by: eva, lease: lease.id });
    }
    await waitFor("the way to be closed", () => (look(), rig.events("people.access.ended")[0]));
    equal(rig.events("people.access.ended")[0]!.rule, "access.key-switch");
  }));

Deno.test("failure matrix: device pages: hald, which reads the key switch / new ones: closed: refused with the reason, and an alarm names the input", () =>
  withKeySwitch(async ({ rig, eva, box, look }) => {
    box.isAway = true;
    const alarm = await waitFor("the alarm", () => (look(), rig.alarms.at(-1)));
    match(`${alarm.kind} ${alarm.subject}`, /^people\.key-switch\.unread service-key$/);
    await rejects(open(rig, eva), { code: "ACCESS_REFUSED", message: /its key switch cannot be read/ });
  }));

Deno.test("failure matrix: device pages: hald, which reads the key switch / back in service: by itself within a second, and the alarm ends; what was closed is opened anew by people", () =>
  withKeySwitch(async ({ rig, eva, box, look }) => {
    await open(rig, eva);
    box.isAway = true;
    await waitFor("the way to be closed", () => (look(), rig.events("people.access.ended")[0]));
    box.isAway = false;
    const over = "people.key-switch.unread service-key";
    await waitFor("the alarm to be over", () => (look(), rig.cleared.includes(over)));
    const turned = () => rig.events("people.key-switch.turned").at(-1)!.detail!["remote"];
    await waitFor("the switch to count again", () => (look(), turned() === "open"));
    equal((await rig.call("people.access.list", { by: eva })).length, 0);
    equal((await open(rig, eva)).station, "CP001");
  }));
