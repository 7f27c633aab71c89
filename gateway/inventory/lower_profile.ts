import type { Site } from "../config/schema.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import type { SecurityProfile } from "./profile_floor.ts";
import { stationOf, type StationParts } from "./station_commands.ts";

/**
 * `station lower-profile ID --to N --reason TEXT`: the only way below the highest proven profile (O-02).
 * @throws GatewayError STATION_INVALID without a reason, or when N is no profile below the proven one
 */
export async function lowerProfileCommand(
  parts: Pick<StationParts, "context" | "floor" | "raised" | "stations">,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { context, floor } = parts;
  const station = stationOf(parts, args);
  const { to, reason } = readWish(args, floor.highest(station.id), station.id);
  await context.audit.record({
    event: "station.profile.lowered",
    class: "security",
    who,
    target: station.id,
    outcome: "ok",
    detail: { from: floor.highest(station.id), to, reason },
  });
  await floor.permit(station.id, to, context.clock.now());
  await parts.raised.forget(station.id);
  const hours = INVENTORY_LIMITS.loweringMs / 3_600_000;
  const text = `${station.id} may come with security profile ${to} within ${hours} hours; it then stays there.\n` +
    "Now set `ocpp.securityProfile` in site.yaml and run `reload`.";
  return { text, data: { station: station.id, from: floor.highest(station.id), to, hours } };
}

function readWish(args: CommandArgs, highest: SecurityProfile, id: string): { to: SecurityProfile; reason: string } {
  const reason = String(args["reason"] ?? "").trim();
  if (reason === "" || reason.length > INVENTORY_LIMITS.reasonChars) {
    throw new GatewayError("STATION_INVALID", `Cannot lower "${id}": a reason of 1 to 200 characters is wanted`, {
      hint: "Pass --reason TEXT; it is kept in the audit chain",
    });
  }
  const to = String(args["to"] ?? "");
  if (/^[012]$/.test(to) && Number(to) < highest) return { to: Number(to) as SecurityProfile, reason };
  throw new GatewayError("STATION_INVALID", `Cannot lower "${id}" from profile ${highest} to "${to.slice(0, 20)}"`, {
    hint: "Pass --to with a profile below the proven one; for a higher one no permission is needed",
  });
}

/**
 * A reload may not configure a lower profile than a station has proven.
 * @throws ConfigError CFG_INVALID naming each such station; settings that are in force already are left alone
 */
export function refuseLowered({ context, floor, stations }: StationParts, next: Site): void {
  const faults = next.stations.flatMap(({ id, ocpp }) => {
    if (!ocpp || stations.asWritten(id)?.ocpp?.securityProfile === ocpp.securityProfile) return [];
    const floorNow = floor.of(id, context.clock.now());
    if (ocpp.securityProfile >= floorNow) return [];
    return [`station "${id}" has proven security profile ${floorNow}, ${ocpp.securityProfile} is configured`];
  });
  if (faults.length === 0) return;
  throw new ConfigError("CFG_INVALID", `admission.profile-lowered: ${faults.slice(0, 20).join("; ")}`, {
    hint: "Keep the profile, or run `station lower-profile ID --to N --reason TEXT` first",
  });
}
