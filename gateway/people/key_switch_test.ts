import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { TamperState } from "../../hal/tamper_inputs.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { KEY_LOOK_MS, KEY_MISSES } from "./key_switch.ts";
import { PeopleRig } from "./testing/people_rig.ts";

const WISH = { station: "CP001", deviceRole: "installer", capability: "edit" } as const;
const KEY: TamperState = { name: "service-key", isOpen: false, openings: 0 };

/** A site with a key switch, and an administrator who may open pages. */
async function rigWithKey(first: Partial<TamperState> | "away" = {}) {
  const box = { state: first === "away" ? undefined : { ...KEY, ...first } as TamperState | undefined };
  const inputs = () => box.state ? Promise.resolve([box.state]) : Promise.reject(new Error("hald is away"));
  const options = { people: { keySwitch: { input: "service-key" } }, inputs };
  const rig = await PeopleRig.open(options);
  const turn = async (state: Partial<TamperState> | "away", looks = 1) => {
    box.state = state === "away" ? undefined : { ...KEY, ...state };
    for (let look = 0; look < looks; look++) {
      rig.time.advance(KEY_LOOK_MS);
      await new Promise<void>((done) => queueMicrotask(done));
      for (let at = 0; at < 50; at++) await Promise.resolve();
    }
  };
  return { rig, turn, options };
}

const turned = (rig: PeopleRig) => rig.events("people.key-switch.turned").map(({ detail }) => detail!["remote"]);

Deno.test("key switch: on, controllers open as ever; off, every way ends within a second and none is opened", async () => {
  const { rig, turn } = await rigWithKey();
  await using _ = rig;
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  const open = () => rig.call("people.access.open", { by: eva, wish: WISH, reason: "meter replaced" });
  const lease = await open();
  await turn({ isOpen: true });
  await waitFor("the way to be closed", () => rig.events("people.access.ended").length === 1);
  const [ended] = rig.events("people.access.ended");
  deepEqual([ended!.rule, ended!.who], ["access.key-switch", "key switch"]);
  await rejects(rig.call("people.access.check", { by: eva, lease: lease.id }), { code: "ACCESS_REFUSED" });
  await rejects(open(), { code: "ACCESS_REFUSED", message: /closed at the box: its key switch is off/ });
  equal(rig.events("people.access.refused").at(-1)!.rule, "access.key-switch");
  await turn({ isOpen: false });
  await waitFor("the gate to be open", () => turned(rig).length === 3);
  deepEqual(turned(rig), ["open", "closed", "open"]);
  equal((await open()).station, "CP001");
});

Deno.test("key switch: the simulator says why, to people who ask before they try", async () => {
  const { rig } = await rigWithKey({ isOpen: true });
  await using _ = rig;
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  const { decision, text } = await rig.call("people.access.explain", { by: eva, wish: WISH });
  deepEqual([decision.effect, decision.rule], ["deny", "access.key-switch"]);
  match(text, /access\.key-switch/);
  await rejects(rig.call("people.access.explain", { by: eva, wish: { ...WISH, station: "nowhere" } }), {
    code: "STATION_UNKNOWN",
  });
});

Deno.test("key switch: it starts closed, also over kill -9, until it was read", async () => {
  const { rig, options } = await rigWithKey("away");
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  await rejects(rig.call("people.access.open", { by: eva, wish: WISH, reason: "meter" }), { code: "ACCESS_REFUSED" });
  await using again = await rig.restart({ ...options, inputs: () => Promise.resolve([KEY]) });
  equal((await again.call("people.access.open", { by: eva, wish: WISH, reason: "meter" })).station, "CP001");
});

Deno.test("key switch: some lost looks end nobody's work; one too many closes, with an alarm that clears", async () => {
  const { rig, turn } = await rigWithKey();
  await using _ = rig;
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  await rig.call("people.access.open", { by: eva, wish: WISH, reason: "meter replaced" });
  await turn("away", KEY_MISSES - 1);
  deepEqual([rig.events("people.access.ended").length, rig.alarms.length], [0, 0]);
  await turn("away");
  await waitFor("the way to be closed", () => rig.events("people.access.ended").length === 1);
  equal(rig.alarms.at(-1)!.kind, "people.key-switch.unread");
  await turn("away", 3);
  equal(rig.alarms.length, 1);
  await turn({});
  await waitFor("the alarm to be over", () => rig.cleared.includes("people.key-switch.unread service-key"));
});

Deno.test("key switch: an input of another name, and a site without hald, keep it closed", async () => {
  const { rig } = await rigWithKey({ name: "lid" });
  await using _ = rig;
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  await rejects(rig.call("people.access.open", { by: eva, wish: WISH, reason: "meter" }), { code: "ACCESS_REFUSED" });
  await using none = await PeopleRig.open({ people: { keySwitch: { input: "service-key" } } });
  const olga = none.by((await none.person("olga", "administrator")).token);
  await rejects(none.call("people.access.open", { by: olga, wish: WISH, reason: "meter" }), { code: "ACCESS_REFUSED" });
});

Deno.test("key switch: without one in site.yaml nothing is asked of the box", async () => {
  let asked = 0;
  await using rig = await PeopleRig.open({
    inputs: () => {
      asked++;
      return Promise.resolve([]);
    },
  });
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  rig.time.advance(10 * KEY_LOOK_MS);
  equal((await rig.call("people.access.open", { by: eva, wish: WISH, reason: "meter" })).station, "CP001");
  deepEqual([asked, turned(rig)], [0, []]);
});
