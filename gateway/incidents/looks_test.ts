import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { SeenStation } from "../../policies/incident_look.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { openStore } from "../store/kv_store.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { Looks } from "./looks.ts";

const TLS: SeenStation = { transport: { own: "tls", isPlainBeside: false } };
const PLAIN: SeenStation = { transport: { own: "plain", isPlainBeside: false } };

async function rigOf(stations: string[]) {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const told: string[] = [], looked: string[] = [], busy = new Set<string>(), seen = new Map<string, SeenStation>();
  const audit = {
    record: ({ target, detail }: AuditEvent) =>
      Promise.resolve({ sequence: told.push(`${target} ${detail!["what"]}`) }),
  };
  const rig = {
    ...{ time, told, looked, busy, seen, stations },
    fault: undefined as Error | undefined,
    looks: undefined as unknown as Looks,
    open: async () =>
      rig.looks = await Looks.open({
        context: { audit, clock: time, store },
        stations: () => rig.stations,
        isBusy: (station) => busy.has(station),
        see: (station) => {
          looked.push(station);
          return rig.fault ? Promise.reject(rig.fault) : Promise.resolve(seen.get(station) ?? {});
        },
      }),
    [Symbol.asyncDispose]: () => store.close(),
  };
  await rig.open();
  return rig;
}

Deno.test("looks: each station once, then once a day, who was not looked at for longest first", async () => {
  await using rig = await rigOf(["A", "B"]);
  for (let turn = 0; turn < 3; turn++) await rig.looks.turn();
  deepEqual(rig.looked, ["A", "B"]);
  rig.time.jump(INCIDENT_LIMITS.lookDailyMs - 1);
  equal(await rig.looks.turn(), undefined);
  rig.time.jump(1);
  deepEqual([await rig.looks.turn(), await rig.looks.turn(), await rig.looks.turn()], ["A", "B", undefined]);
});

Deno.test("looks: what was seen asks for one, at most every half hour, and before those whose day has come", async () => {
  await using rig = await rigOf(["A", "B"]);
  for (let turn = 0; turn < 2; turn++) await rig.looks.turn();
  rig.time.jump(INCIDENT_LIMITS.lookAgainMs - 1);
  rig.looks.ask({ kind: "restarted", subject: "B" });
  equal(await rig.looks.turn(), undefined);
  rig.time.jump(1);
  equal(await rig.looks.turn(), "B");
  rig.time.jump(INCIDENT_LIMITS.lookDailyMs);
  rig.looks.ask({ kind: "tamper-told", subject: "B" });
  deepEqual([await rig.looks.turn(), await rig.looks.turn()], ["B", "A"]);
});

Deno.test("looks: its own findings and what no look explains ask for none", async () => {
  await using rig = await rigOf(["A"]);
  await rig.looks.turn();
  rig.time.jump(INCIDENT_LIMITS.lookAgainMs);
  for (const kind of ["https-off", "password-lost", "default-password", "list-lost", "clock-set"] as const) {
    rig.looks.ask({ kind, subject: "A" });
  }
  rig.looks.ask({ kind: "restarted", subject: "gone" });
  equal(await rig.looks.turn(), undefined);
});

Deno.test("looks: a station that somebody works at is left alone until then", async () => {
  await using rig = await rigOf(["A"]);
  rig.busy.add("A");
  equal(await rig.looks.turn(), undefined);
  rig.busy.clear();
  equal(await rig.looks.turn(), "A");
});

Deno.test("looks: HTTPS that was on and is off is told once, over restarts of control", async () => {
  await using rig = await rigOf(["A"]);
  rig.seen.set("A", TLS);
  await rig.looks.look("A");
  await rig.open();
  rig.seen.set("A", PLAIN);
  await rig.looks.look("A");
  await rig.open();
  await rig.looks.look("A");
  deepEqual(rig.told, ["A https-off"]);
});

Deno.test("looks: a look that failed is not made again at once: it may have been a login", async () => {
  await using rig = await rigOf(["A"]);
  rig.fault = new Error("the store is away");
  await rig.looks.turn().catch(() => {});
  rig.fault = undefined;
  equal(await rig.looks.turn(), undefined);
});

Deno.test("looks: as many asked for as the limit, and one past it, which its day brings", async () => {
  const { looksWaiting } = INCIDENT_LIMITS;
  const names = Array.from({ length: looksWaiting + 1 }, (_, at) => `S${at}`);
  await using rig = await rigOf(names);
  for (const subject of names.toReversed()) rig.looks.ask({ kind: "restarted", subject });
  equal(await rig.looks.turn(), `S${looksWaiting}`, "the first that was asked for");
  rig.stations = [];
  await rig.looks.sweep();
  equal(await rig.looks.turn(), undefined);
  rig.stations = ["S0", `S${looksWaiting}`];
  equal(await rig.looks.turn(), "S0");
  equal(await rig.looks.turn(), `S${looksWaiting}`, "what was known of one that was gone is forgotten");
});
