import { Buffer } from "node:buffer";
import type { Random } from "../core/timers.ts";
import type { StationSpec } from "./model.ts";

/** One station of the simulated garage with its secrets. */
export interface GarageStation extends StationSpec {
  /** Station leg of profiles 1 and 2, and the CSMS leg of all: 27 characters. */
  readonly password: Uint8Array;
}

/** The simulated garage: six stations, and one that an attacker owns. */
export interface Garage {
  readonly stations: readonly GarageStation[];
  /** Profile 2; it never charges. */
  readonly attacker: GarageStation;
}

const KINDS = [
  { id: "CP001", protocol: "ocpp1.6", securityProfile: 1, vendor: "Bender", model: "CC613", powerWatts: 11_000 },
  { id: "CP002", protocol: "ocpp2.0.1", securityProfile: 1, vendor: "Schneider", model: "EVlink", powerWatts: 22_000 },
  { id: "CP003", protocol: "ocpp1.6", securityProfile: 2, vendor: "Schneider", model: "EVlink", powerWatts: 7_400 },
  { id: "CP004", protocol: "ocpp2.0.1", securityProfile: 2, vendor: "Bender", model: "ICC1314", powerWatts: 11_000 },
  { id: "CP005", protocol: "ocpp1.6", securityProfile: 3, vendor: "Bender", model: "CC613", powerWatts: 22_000 },
  { id: "CP006", protocol: "ocpp2.0.1", securityProfile: 3, vendor: "Bender", model: "ICC1314", powerWatts: 50_000 },
] as const;

/** Makes the garage: badges repeat with the seed, passwords never do. */
export function createGarage(random: Random, secrets: Random): Garage {
  const equip = (kind: Omit<StationSpec, "badge">): GarageStation => ({
    ...kind,
    badge: Buffer.from(random.bytes(7)).toString("hex").toUpperCase(),
    password: new TextEncoder().encode(Buffer.from(secrets.bytes(20)).toString("base64url")),
  });
  return {
    stations: KINDS.map(equip),
    attacker: equip({
      id: "CP666",
      protocol: "ocpp1.6",
      securityProfile: 2,
      vendor: "Unknown",
      model: "Unknown",
      powerWatts: 0,
    }),
  };
}
