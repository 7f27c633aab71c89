import { ok } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { Site } from "../../config/schema.ts";
import type { ClimbRecord } from "../climb/record.ts";
import { type Behaviour, ClimbingStation } from "./climbing_station.ts";
import { type InventoryRig, inventoryRig } from "./inventory_rig.ts";

/** The password that the station has at first. */
export const PASSWORD = "00112233445566778899aabbccddeeff00112233";
const STATION = {
  id: "CP100",
  address: "10.0.0.1",
  ocpp: { protocols: ["ocpp1.6", "ocpp2.0.1"], csms: "main", upstreamPasswordFile: "up" },
};

/** One station before its climb, and hands for the test. */
export interface Ground {
  readonly rig: InventoryRig;
  readonly station: ClimbingStation;
  climb(args?: Record<string, string | boolean>): ReturnType<InventoryRig["command"]>;
  record(): ClimbRecord;
  /** Lets time pass until the climb has ended. */
  ended(): Promise<ClimbRecord>;
  until(what: string, condition: () => boolean): Promise<void>;
}

/** Runs a test with one connected station of this profile. */
export async function withStation(
  securityProfile: number,
  behaviour: Behaviour,
  test: (ground: Ground) => Promise<void>,
  changes: Record<string, unknown> = {},
): Promise<void> {
  const rig = await inventoryRig({ up: "upstream-secret-0123456789" });
  const binding = "address-alone-on-isolated-segment";
  const ocpp = { ...STATION.ocpp, securityProfile, binding, ...changes };
  const { site } = rig.context;
  const next = Site.parse({ ...JSON.parse(JSON.stringify(site)), stations: [{ ...STATION, ocpp }] });
  Object.assign(rig.context, { site: next });
  rig.feature.parts.stations.reconfigure(next);
  await rig.feature.parts.credentials.set("CP100", new TextEncoder().encode(PASSWORD), rig.time.now());
  if (securityProfile === 0) await rig.feature.parts.credentials.remove("CP100", rig.time.now());
  const station = new ClimbingStation(rig, "CP100", securityProfile, PASSWORD, behaviour);
  ok(await station.connect());
  const key = ["stationClimb", "CP100"];
  let latest: ClimbRecord | undefined;
  const look = async () => latest = (await rig.store.get<ClimbRecord>(key))?.value ?? latest;
  const until = async (what: string, condition: () => boolean) => {
    let looks = 0;
    await waitFor(what, async () => {
      // Ever faster: some waits of a climb are ten minutes long.
      for (let second = 0; second <= looks / 10; second++) {
        rig.time.advance(1_000);
        await rig.store.idle();
        await look();
        if (condition()) return true;
      }
      looks++;
      return false;
    });
  };
  try {
    await test({
      rig,
      station,
      climb: (args = {}) => rig.command("station climb", { station: "CP100", ...args }),
      record: () => latest!,
      ended: async () => {
        await until("the end of the climb", () => latest !== undefined && !/running|waiting/.test(latest.state));
        return latest!;
      },
      until,
    });
  } finally {
    await rig.feature.stop!();
    await rig.store.close();
  }
}

/** From the moment a step is stored nothing else is: what a power cut leaves. */
export function cutPowerAt(step: string, { store }: InventoryRig): { readonly isCut: () => boolean; restore(): void } {
  const commit = store.commit.bind(store);
  let isCut = false;
  store.commit = async (mutations, checks) => {
    if (isCut) throw new Error("power cut");
    const stored = await commit(mutations, checks);
    for (const mutation of mutations) {
      if (!("set" in mutation) || mutation.set[0] !== "stationClimb") continue;
      const { hops, hop, step: at } = mutation.value as ClimbRecord;
      if (hops[hop]?.steps[at] === step) isCut = true;
    }
    return stored;
  };
  return { isCut: () => isCut, restore: () => void (store.commit = commit) };
}

/** Begins a climb and lets time pass until the power is cut, with this step stored. @returns what brings the disk back */
export async function climbToPowerCut(step: string, { rig, climb }: Ground): Promise<{ restore(): void }> {
  const power = cutPowerAt(step, rig);
  await climb({ "url-key": "CentralURL" });
  await waitFor(`the power cut in ${step}`, () => {
    rig.time.advance(1_000);
    return power.isCut();
  });
  return power;
}
