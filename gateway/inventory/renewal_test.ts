import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { Site } from "../config/schema.ts";
import type { ClimbRecord } from "./climb/record.ts";
import { type Behaviour, ClimbingStation } from "./testing/climbing_station.ts";
import { type InventoryRig, inventoryRig } from "./testing/inventory_rig.ts";

const OWN = "00112233445566778899aabbccddeeff00112233";
const FACTORY = "factory";

interface Ground {
  readonly rig: InventoryRig;
  readonly station: ClimbingStation;
  /** Lets time pass until the renewal has ended. */
  ended(): Promise<ClimbRecord>;
}

/** A 1.6 station over TLS; `own` is the password it has already, else it has that of its factory. */
async function withStation(
  settings: { readonly own?: string; readonly behaviour?: Behaviour; readonly changes?: Record<string, unknown> },
  test: (ground: Ground) => Promise<void>,
): Promise<void> {
  const rig = await inventoryRig({ up: "upstream-secret-0123456789", factory: FACTORY });
  const ocpp = {
    ...{ protocols: ["ocpp1.6"], csms: "main", securityProfile: 2, upstreamPasswordFile: "up" },
    ...settings.changes,
  };
  const text = JSON.stringify(rig.context.site);
  const next = Site.parse({ ...JSON.parse(text), stations: [{ id: "CP100", address: "10.0.0.1", ocpp }] });
  Object.assign(rig.context, { site: next });
  rig.feature.parts.stations.reconfigure(next);
  if (settings.own !== undefined) {
    await rig.feature.parts.credentials.set("CP100", new TextEncoder().encode(settings.own), rig.time.now());
  }
  const station = new ClimbingStation(rig, "CP100", 2, settings.own ?? FACTORY, settings.behaviour ?? {});
  ok(await station.connect());
  const record = async () => (await rig.store.get<ClimbRecord>(["stationClimb", "CP100"]))?.value;
  try {
    await test({
      rig,
      station,
      ended: async () => {
        let last: ClimbRecord | undefined;
        await waitFor("the end of the renewal", async () => {
          rig.time.advance(1_000);
          await rig.store.idle();
          last = await record();
          return last !== undefined && last.state !== "running" && last.state !== "waiting";
        });
        return last!;
      },
    });
  } finally {
    await rig.feature.stop!();
    await rig.store.close();
  }
}

const renew = (rig: InventoryRig, args: Record<string, string | boolean> = {}) =>
  rig.command("station renew", { station: "CP100", ...args });

Deno.test("O-06: accepted, the new password is the only one, and it stands nowhere", () =>
  withStation({ own: OWN }, async ({ rig, station, ended }) => {
    await renew(rig);
    const record = await ended();
    equal(record.state, "done", record.why ?? "");
    ok(station.password !== OWN && station.session !== undefined);
    match(record.notes.at(-1)!.text, /back with the new password/);
    const everything = JSON.stringify([
      rig.audited,
      record,
      await rig.command("station climb", { station: "CP100", status: true }),
    ]);
    equal(everything.includes(station.password!), false);
    station.password = OWN;
    equal(await station.connect(), false, "the old password is dead");
    deepEqual(rig.audited.filter(({ event }) => event === "station.credential.renewed").map(({ who }) => who), ["eva"]);
  }));

Deno.test("O-06: rejected, the old password stays and no other counts", () =>
  withStation({ own: OWN, behaviour: { refuses: ["AuthorizationKey"] } }, async ({ rig, station, ended }) => {
    await renew(rig);
    const record = await ended();
    deepEqual([record.state, record.pending], ["reverted", []]);
    match(record.why!, /it keeps its password/);
    await station.leave();
    ok(await station.connect());
  }));

Deno.test("O-06: unanswered, both count until the station shows which one it has", () =>
  withStation({ own: OWN }, async ({ rig, station, ended }) => {
    const answer = rig.answers["station.call"]!;
    rig.answers["station.call"] = async (call: never) => {
      await answer(call); // it takes the password, and its answer is lost
      return { noAnswer: "timeout" };
    };
    const close = rig.answers["sessions.close"]!;
    const given = () => station.password!;
    let isBack = false;
    rig.answers["sessions.close"] = async (args: never) => {
      const taken = given();
      station.password = OWN; // it did not use it yet
      const closed = await close(args);
      station.password = taken;
      isBack = true;
      return closed;
    };
    await renew(rig);
    await waitFor("the station to come back", async () => {
      rig.time.advance(1_000);
      await rig.store.idle();
      return isBack;
    });
    await station.leave();
    ok(await station.connect(), "the new one is good");
    equal((await ended()).state, "done");
    station.password = OWN;
    equal(await station.connect(), false, "once it was shown, the old one is dead");
  }));

Deno.test("station renew: what speaks against it is said at once, and the minutes have limits", () =>
  withStation({ own: OWN, changes: { upstreamPasswordFile: undefined } }, async ({ rig, station }) => {
    await station.leave();
    await rejects(
      () => renew(rig),
      /cannot be renewed: it is not connected \(renewal.away\); its CSMS gets .* \(renewal.upstream\)/,
    );
    for (const minutes of ["0", "1441", "soon"]) {
      await rejects(() => renew(rig, { minutes }), /is no number of minutes/);
    }
  }));

Deno.test("O-21: a station with the password of its factory is let in, in quarantine, and given one of its own when it boots", () =>
  withStation({ changes: { factoryPasswordFile: "factory" } }, async ({ rig, station, ended }) => {
    const admission = await rig.admit({ stationId: "CP100", basic: basicOf(FACTORY), source: "10.0.0.1" });
    ok(!admission.admit || admission.quarantine === true);
    await rig.feature.handlers!["stations.quarantined"]!({ stationId: "CP100" });
    const record = await ended();
    deepEqual([record.state, record.who], ["done", "gateway"]);
    ok(station.password !== FACTORY);
    const [noted] = rig.audited.filter(({ event }) => event === "station.session.quarantined");
    equal(noted?.who, "CP100");
    const again = await rig.admit({ stationId: "CP100", basic: basicOf(station.password!), source: "10.0.0.1" });
    ok(!again.admit || again.quarantine === undefined, "with its own it is a station like any other");
    station.password = FACTORY;
    equal(await station.connect(), false, "the password of the factory is dead for ever");
  }));

Deno.test("O-21: booting again does not begin a second renewal", () =>
  withStation({ changes: { factoryPasswordFile: "factory" } }, async ({ rig, station, ended }) => {
    const booted = rig.feature.handlers!["stations.quarantined"]!;
    await booted({ stationId: "CP100" });
    await booted({ stationId: "CP100" });
    await ended();
    equal(station.calls.filter((call) => call === "ChangeConfiguration AuthorizationKey").length, 1);
  }));

Deno.test("O-21: the password of a factory is good for no station that has its own", () =>
  withStation({ own: OWN, changes: { factoryPasswordFile: "factory" } }, async ({ station }) => {
    station.password = FACTORY;
    equal(await station.connect(), false);
  }));

function basicOf(password: string) {
  return { user: btoa("CP100"), password: btoa(password) };
}
