import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { DEVICE_PASSWORD_RULES } from "../../profiles/controllers/password_rules.ts";
import { SECRET_SLOTS } from "../../policies/secret_schedule.ts";
import { makeSecret } from "../../policies/secret_text.ts";
import { devicePasswordFaults } from "../../policies/device_password.ts";
import { FakeControllers } from "./testing/fake_controllers.ts";
import { memberOf, membersOf, ruleOf, unitNamed } from "./units.ts";

const ui = (driver: string) => ({ url: "https://10.0.0.1", driver });
const { stations: STATIONS } = Site.parse({
  version: 1,
  site: { id: "lab" },
  stations: [
    { id: "CP001", ui: ui("bender") },
    { id: "CP002-S", unit: "bay-2", part: "secondary", access: "usb-only", reachedThrough: "CP002" },
    { id: "CP002", unit: "bay-2", part: "primary", ui: ui("bender") },
    { id: "DC-A", unit: "dc-1", part: "dispenser", ui: ui("evlink-parking") },
    { id: "DC", unit: "dc-1", part: "cabinet", ui: ui("evlink-parking") },
    { id: "DC-B", unit: "dc-1", part: "dispenser" },
    { id: "AL1", ui: ui("alfen") },
    { id: "GUIDED", ui: ui("guided") },
    { id: "BARE" },
  ],
});
const PARTS = {
  context: { site: { vault: { groups: [] } } },
  stations: () => STATIONS,
  hasAccount: ({ ui }: { ui?: { driver: string } | undefined }, role: string) =>
    ui?.driver === "bender" || role === "installer" && ui?.driver !== "guided",
};
const members = (subject: string, slot: typeof SECRET_SLOTS[number]) =>
  membersOf(PARTS, subject, slot).map(({ id }) => id);

Deno.test("vault units: BC-03: both halves of a pair, the primary one first, also the one without pages", () => {
  deepEqual(members("bay-2", "operator"), ["CP002", "CP002-S"]);
  deepEqual(members("bay-2", "puk"), ["CP002", "CP002-S"]);
});

Deno.test("vault units: a cabinet before its dispensers; a dispenser without pages has no secret", () => {
  deepEqual(members("dc-1", "installer"), ["DC", "DC-A"]);
  deepEqual(members("dc-1", "operator"), []);
});

Deno.test("vault units: who has no such account is no member; of one that nobody knows everything is", () => {
  deepEqual(members("AL1", "installer"), ["AL1"]);
  deepEqual(members("AL1", "user"), []);
  deepEqual(members("GUIDED", "user"), ["GUIDED"]);
  deepEqual(members("BARE", "user"), []);
  deepEqual(members("CP00", "user"), [], "a part of a name is another name");
});

Deno.test("vault units: a unit is named by itself or by one of its stations", () => {
  equal(unitNamed(STATIONS, "bay-2"), "bay-2");
  equal(unitNamed(STATIONS, "CP002-S"), "bay-2");
  equal(unitNamed(STATIONS, "CP001"), "CP001");
  for (const name of ["", "bay", "BAY-2", "CP001 "]) {
    throws(() => unitNamed(STATIONS, name), { code: "SECRET_UNKNOWN" });
  }
});

Deno.test("vault units: a driver that can log in and set does, what has no network or no account is a person's", () => {
  const devices = new FakeControllers(), of = (id: string) => STATIONS.find((station) => station.id === id)!;
  const controller = devices.add("CP001");
  deepEqual(memberOf(devices, of("CP001"), "operator"), { station: "CP001", way: "driver", isProvable: true });
  deepEqual(memberOf(devices, of("CP001"), "puk"), { station: "CP001", way: "person", isProvable: false });
  controller.canSet = ["user"];
  deepEqual(memberOf(devices, of("CP001"), "operator"), { station: "CP001", way: "person", isProvable: true });
  deepEqual(memberOf(devices, of("CP002-S"), "operator"), { station: "CP002-S", way: "person", isProvable: false });
});

Deno.test("vault units: EV-13: every secret that is made fulfils the rule of every family", () => {
  for (const station of STATIONS) {
    if (!station.ui) continue;
    const rule = ruleOf([station], "operator"), wanted = DEVICE_PASSWORD_RULES[station.ui.driver];
    for (let at = 0; at < 50; at++) {
      const secret = makeSecret(rule, (count) => crypto.getRandomValues(new Uint8Array(count)));
      deepEqual(devicePasswordFaults(secret, wanted), []);
    }
  }
});

Deno.test("vault units: the strictest of several controllers decides, and a slot that is no account's has a rule of its own", () => {
  const all = STATIONS.filter(({ ui }) => ui);
  const { length, max, min } = ruleOf(all, "operator");
  ok(length <= max && min === 8 && max === 31 && length === 24);
  deepEqual(ruleOf(all, "puk"), { length: 24, specials: "-.!", min: 8, max: 100 });
  deepEqual(ruleOf(all, "log-password"), { length: 24, specials: "", min: 8, max: 100 });
});
