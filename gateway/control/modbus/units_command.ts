import { formatTable } from "../../core/format_table.ts";
import { GatewayError } from "../../core/errors.ts";
import { siteProfiles } from "../../modbus/site_profiles.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../contract.ts";

/** `modbus units`: the devices by the number that clients use, and what is known of each. */
export function unitsCommand({ site, files }: Pick<ControlContext, "site" | "files">): Promise<CommandResult> {
  const { modbus } = site;
  if (!modbus) return Promise.resolve({ text: "The site has no Modbus (modbus in site.yaml).", data: { units: [] } });
  const profiles = siteProfiles(modbus, files);
  const units = modbus.units.map(({ unit, line, device, profile: id }) => {
    const profile = profiles.find((each) => each.id === id);
    const points = profile?.points ?? [];
    return {
      unit,
      line,
      device,
      profile: id ?? null,
      name: profile?.name ?? null,
      points: points.length,
      commanded: points.filter((point) => point.class === "commanded").map(({ name }) => name),
    };
  });
  const text = formatTable(
    ["unit", "line", "device", "profile", "points", "set points", "kind"],
    units.map(({ unit, line, device, profile, name, points, commanded }) => [
      String(unit),
      line,
      String(device),
      profile ?? "-",
      String(points),
      commanded.join(", ") || "-",
      name ?? "no profile: only rules with `unknown: true` reach it",
    ]),
  );
  return Promise.resolve({ text, data: { units } });
}

/** The unit that --unit names. @throws GatewayError CLI_USAGE or MODBUS_UNIT_UNKNOWN */
export function unitOf({ site, files }: Pick<ControlContext, "site" | "files">, args: CommandArgs) {
  const asked = String(args["unit"] ?? "");
  if (!/^\d{1,3}$/.test(asked)) {
    throw new GatewayError("CLI_USAGE", `Unit "${asked}" cannot be used: wanted --unit with a number, as --unit 1`);
  }
  const { modbus } = site;
  const unit = modbus?.units.find(({ unit }) => unit === Number(asked));
  if (!modbus || !unit) {
    const known = modbus?.units.map(({ unit }) => unit).join(", ") ?? "";
    throw new GatewayError("MODBUS_UNIT_UNKNOWN", `No Modbus unit ${asked} is configured`, {
      hint: known === ""
        ? "The site has no modbus section in site.yaml"
        : `Configured are ${known}; see \`modbus units\``,
    });
  }
  return { ...unit, known: siteProfiles(modbus, files).find(({ id }) => id === unit.profile) };
}
