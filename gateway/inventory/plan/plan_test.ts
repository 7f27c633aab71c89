import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { planPicture, pngChunk } from "../../../tests/support/plan_picture.ts";
import type { CommandArgs } from "../../control/contract.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import { seededRandom } from "../../demo/seeded_random.ts";
import { KEYS } from "../../store/keys.ts";
import { PHOTO_LIMITS } from "../../photos/limits.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { createPlanFeature } from "./feature.ts";
import { PLAN_LIMITS } from "./limits.ts";

/** The plan feature on a store in memory. */
class PlanRig {
  readonly audited: AuditEvent[] = [];
  stations: readonly string[] = ["CP001", "CP002", "CP003"];
  #commands: Awaited<ReturnType<typeof createPlanFeature>>["commands"];

  private constructor(readonly store: Store, readonly time: ManualTime) {}

  static async open(store?: Store): Promise<PlanRig> {
    const time = new ManualTime(Date.UTC(2026, 10, 21));
    const rig = new PlanRig(store ?? await openStore({ path: ":memory:", clock: time, timers: time }), time);
    await rig.restart();
    return rig;
  }

  /** As after kill -9: everything anew from the store. */
  async restart(): Promise<void> {
    const audit = { record: (event: AuditEvent) => Promise.resolve({ sequence: this.audited.push(event) }) };
    const feature = await createPlanFeature({ audit, clock: this.time, store: this.store }, () => this.stations);
    this.#commands = feature.commands;
  }

  async run(command: string, args: CommandArgs = {}): Promise<{ text: string; data: never }> {
    return await this.#commands![`plan ${command}`]!(args, "anna") as { text: string; data: never };
  }

  async set(floor: string, picture = planPicture(60, 40), name?: string): Promise<void> {
    await this.run("set", { floor, file: picture.toBase64(), ...name === undefined ? {} : { name } });
    this.time.advance(1);
  }

  async show(): Promise<{ floors: { id: string; name: string }[]; places: unknown[]; unplaced: string[] }> {
    return (await this.run("show")).data;
  }

  /** Stored parts of pictures. */
  async parts(): Promise<number> {
    return (await Array.fromAsync(this.store.list([...KEYS.plan, "part"], { limit: Infinity }))).length;
  }
}

/** A picture whose bytes do not shrink: parts of it fill the store. */
function largePicture(bytes: number): Uint8Array<ArrayBuffer> {
  return planPicture(20, 20, [pngChunk("IDAT", seededRandom(3).bytes(bytes))]);
}

function withPlan(test: (rig: PlanRig) => Promise<void>): () => Promise<void> {
  return async () => {
    const rig = await PlanRig.open();
    try {
      await test(rig);
    } finally {
      await rig.store.close();
    }
  };
}

Deno.test(
  "floor plan: a floor, a station's place, and both after a restart",
  withPlan(async (rig) => {
    deepEqual(await rig.show(), { floors: [], places: [], unplaced: ["CP001", "CP002", "CP003"] });
    match((await rig.run("show")).text, /No floor has a plan yet/);
    await rig.set("level-0", undefined, "Level 0");
    await rig.set("level-1");
    const { text } = await rig.run("place", { station: "CP002", floor: "level-0", x: "12.34", y: "100" });
    equal(text, 'CP002 stands on "Level 0", 12.3 % from the left and 100 % from above');
    await rig.restart();
    const { floors, places, unplaced } = await rig.show();
    deepEqual(floors.map(({ id, name }) => [id, name]), [["level-0", "Level 0"], ["level-1", "level-1"]]);
    deepEqual(places, [{ station: "CP002", floor: "level-0", x: 12.3, y: 100 }]);
    deepEqual(unplaced, ["CP001", "CP003"]);
    match((await rig.run("show")).text, /level-0 .*PNG, 60 x 40 pixels.*CP002 \(12\.3, 100\)/);
  }),
);

Deno.test(
  "floor plan: a picture of many parts comes back byte by byte, also after a restart",
  withPlan(async (rig) => {
    const { storedBytes, storedTogether } = PHOTO_LIMITS;
    const picture = largePicture(storedBytes * (storedTogether + 2));
    await rig.set("level-0", picture);
    await rig.restart();
    const { base64, type, bytes } = (await rig.run("picture", { floor: "level-0" })).data as Record<string, never>;
    equal(base64, picture.toBase64());
    deepEqual([type, bytes], ["image/png", picture.length]);
    equal(await rig.parts(), Math.ceil(picture.length / storedBytes));
  }),
);

Deno.test(
  "floor plan: what was told beside the picture is not kept",
  withPlan(async (rig) => {
    const secret = pngChunk("eXIf", new TextEncoder().encode("GPS 52.5200 13.4050"));
    await rig.set("level-0", planPicture(60, 40, [secret]));
    const { base64 } = (await rig.run("picture", { floor: "level-0" })).data as { base64: string };
    deepEqual(Uint8Array.fromBase64(base64), planPicture(60, 40));
  }),
);

Deno.test(
  "floor plan: a changed picture leaves nothing of the one before; two floors may show the same",
  withPlan(async (rig) => {
    const large = largePicture(PHOTO_LIMITS.storedBytes);
    await rig.set("level-0", large);
    await rig.set("level-1", large);
    equal(await rig.parts(), 2);
    await rig.set("level-0", planPicture(60, 40));
    equal(await rig.parts(), 3);
    await rig.run("remove", { floor: "level-1" });
    equal(await rig.parts(), 1);
    equal((await rig.show()).floors.length, 1);
  }),
);

Deno.test(
  "floor plan: another name keeps picture, places and order",
  withPlan(async (rig) => {
    await rig.set("level-0");
    await rig.set("level-1");
    await rig.run("place", { station: "CP001", floor: "level-0", x: "1", y: "2" });
    await rig.run("set", { floor: "level-0", name: " Ground " });
    const { floors, places } = await rig.show();
    deepEqual(floors.map(({ name }) => name), ["Ground", "level-1"]);
    equal(places.length, 1);
  }),
);

Deno.test(
  "floor plan: parts that a crash left without a floor are gone after the next start",
  withPlan(async (rig) => {
    await rig.set("level-0");
    await rig.store.commit([{ set: [...KEYS.plan, "part", "f00d", 0], value: new Uint8Array(10) }]);
    equal(await rig.parts(), 2);
    await rig.restart();
    equal(await rig.parts(), 1);
    equal((await rig.run("picture", { floor: "level-0" })).text.startsWith("level-0: PNG"), true);
  }),
);

Deno.test(
  "floor plan: a picture that was changed in the store is not given out",
  withPlan(async (rig) => {
    await rig.set("level-0");
    for await (const { key } of rig.store.list<Uint8Array>([...KEYS.plan, "part"])) {
      await rig.store.commit([{ set: key, value: new Uint8Array(3) }]);
    }
    await rejects(rig.run("picture", { floor: "level-0" }), { code: "PLAN_PICTURE_INVALID", name: "IntegrityError" });
  }),
);

Deno.test(
  "floor plan: a bad picture replaces no good one",
  withPlan(async (rig) => {
    await rig.set("level-0");
    const file = new TextEncoder().encode("<svg><script>alert(1)</script></svg>").toBase64();
    await rejects(rig.run("set", { floor: "level-0", name: "New", file }), { code: "PLAN_PICTURE_INVALID" });
    equal((await rig.show()).floors[0]!.name, "level-0");
    equal((await rig.run("picture", { floor: "level-0" })).text.includes("60 x 40"), true);
  }),
);

Deno.test(
  "floor plan: a removed floor takes its places along, and a station may be taken off by itself",
  withPlan(async (rig) => {
    await rig.set("level-0");
    await rig.set("level-1");
    await rig.run("place", { station: "CP001", floor: "level-0", x: "1", y: "2" });
    await rig.run("place", { station: "CP002", floor: "level-1", x: "1", y: "2" });
    await rig.run("place", { station: "CP003", floor: "level-1", x: "1", y: "2" });
    await rig.run("remove", { floor: "level-0" });
    await rig.run("unplace", { station: "CP003" });
    await rig.restart();
    const { places, unplaced } = await rig.show();
    deepEqual(places, [{ station: "CP002", floor: "level-1", x: 1, y: 2 }]);
    deepEqual(unplaced, ["CP001", "CP003"]);
  }),
);

Deno.test(
  "floor plan: a station that left the inventory is not shown, and forgotten with the next place",
  withPlan(async (rig) => {
    await rig.set("level-0");
    await rig.run("place", { station: "CP001", floor: "level-0", x: "1", y: "2" });
    rig.stations = ["CP002"];
    deepEqual((await rig.show()).places, []);
    await rig.run("place", { station: "CP002", floor: "level-0", x: "1", y: "2" });
    rig.stations = ["CP001", "CP002"];
    deepEqual((await rig.show()).unplaced, ["CP001"]);
  }),
);

Deno.test(
  "floor plan: as many floors as the limit, and one past it",
  withPlan(async (rig) => {
    for (let floor = 0; floor < PLAN_LIMITS.floors; floor++) await rig.set(`f${floor}`);
    await rejects(rig.set("more"), { code: "PLAN_INVALID", message: /at most 16 floors/ });
    await rig.run("set", { floor: "f3", name: "still changed" });
    equal((await rig.show()).floors.length, PLAN_LIMITS.floors);
  }),
);

const NAME = "n".repeat(PLAN_LIMITS.nameChars);
const REFUSED: readonly [name: string, command: string, args: CommandArgs, code: string, says: RegExp][] = [
  ["a new floor without a picture", "set", { floor: "new" }, "PLAN_INVALID", /has no picture/],
  ["a floor without an id", "set", {}, "PLAN_INVALID", /"floor" is missing/],
  ["a floor's id with a slash", "set", { floor: "a/b" }, "PLAN_INVALID", /cannot be the id/],
  ["a floor's id with capitals", "set", { floor: "Level" }, "PLAN_INVALID", /cannot be the id/],
  ["a floor's id of 33 letters", "set", { floor: "a".repeat(33) }, "PLAN_INVALID", /cannot be the id/],
  ["an empty name", "set", { floor: "level-0", name: "  " }, "PLAN_INVALID", /1 to 48 characters/],
  ["a name past the limit", "set", { floor: "level-0", name: `${NAME}n` }, "PLAN_INVALID", /1 to 48/],
  ["a file that is no base64", "set", { floor: "level-0", file: "***" }, "PLAN_INVALID", /as base64/],
  [
    "a place on no floor",
    "place",
    { station: "CP001", floor: "attic", x: "1", y: "1" },
    "PLAN_UNKNOWN",
    /no floor "attic"/,
  ],
  ["a place of nobody", "place", { station: "CP999", floor: "level-0", x: "1", y: "1" }, "STATION_UNKNOWN", /"CP999"/],
  [
    "a place beside the plan",
    "place",
    { station: "CP001", floor: "level-0", x: "100.1", y: "1" },
    "PLAN_INVALID",
    /--x is "100.1"/,
  ],
  [
    "a place above the plan",
    "place",
    { station: "CP001", floor: "level-0", x: "1", y: "-1" },
    "PLAN_INVALID",
    /--y is "-1"/,
  ],
  [
    "a place that is no number",
    "place",
    { station: "CP001", floor: "level-0", x: "1e1", y: "1" },
    "PLAN_INVALID",
    /--x is "1e1"/,
  ],
  ["a place without y", "place", { station: "CP001", floor: "level-0", x: "1" }, "PLAN_INVALID", /"y" is missing/],
  ["to take off what stands nowhere", "unplace", { station: "CP001" }, "PLAN_UNKNOWN", /stands on no plan/],
  ["to remove no floor", "remove", { floor: "attic" }, "PLAN_UNKNOWN", /no floor "attic"/],
  ["the picture of no floor", "picture", { floor: "attic" }, "PLAN_UNKNOWN", /no floor "attic"/],
];
for (const [name, command, args, code, message] of REFUSED) {
  Deno.test(
    `floor plan: refuses ${name}, and changes nothing`,
    withPlan(async (rig) => {
      await rig.set("level-0");
      const before = await rig.show();
      await rejects(rig.run(command, args), { code, message });
      deepEqual(await rig.show(), before);
    }),
  );
}

Deno.test(
  "floor plan: a name at the limit is taken",
  withPlan(async (rig) => {
    await rig.set("level-0", undefined, NAME);
    equal((await rig.show()).floors[0]!.name, NAME);
  }),
);

Deno.test(
  "floor plan: who changed what stands in the audit chain",
  withPlan(async (rig) => {
    await rig.set("level-0");
    await rig.run("place", { station: "CP001", floor: "level-0", x: "1", y: "2" });
    await rig.run("unplace", { station: "CP001" });
    await rig.run("remove", { floor: "level-0" });
    const events = rig.audited.map(({ event, who, target, outcome }) => [event, who, target, outcome]);
    deepEqual(events, [
      ["plan.floor.set", "anna", undefined, "ok"],
      ["plan.station.placed", "anna", "CP001", "ok"],
      ["plan.station.unplaced", "anna", "CP001", "ok"],
      ["plan.floor.removed", "anna", undefined, "ok"],
    ]);
    deepEqual(rig.audited[1]!.detail, { floor: "level-0", x: 1, y: 2 });
  }),
);

Deno.test(
  "floor plan: a floor that is removed while its picture changes leaves no part behind",
  withPlan(async (rig) => {
    await rig.set("level-0");
    const results = await Promise.allSettled([
      rig.run("set", { floor: "level-0", file: planPicture(30, 30).toBase64() }),
      rig.run("remove", { floor: "level-0" }),
      rig.run("place", { station: "CP001", floor: "level-0", x: "1", y: "2" }),
    ]);
    deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
    equal(await rig.parts(), 0);
    deepEqual((await rig.show()).places, []);
  }),
);
