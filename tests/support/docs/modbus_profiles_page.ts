import type { Point } from "../../../gateway/modbus/point.ts";
import { ProfileFile, profileOf } from "../../../gateway/modbus/profile_schema.ts";
import { MODBUS_PROFILES } from "../../../profiles/modbus/mod.ts";
import { SUNSPEC_MODELS } from "../../../profiles/modbus/sunspec.ts";
import { code, page, table } from "./page.ts";

/** docs/modbus-profiles.md: the devices that the gateway knows, what may be written, and how well that is known. */
export function modbusProfilesPage(): string {
  const profiles = MODBUS_PROFILES.map((source) => ({ source, profile: profileOf(ProfileFile.parse(source)) }));
  return page(
    "Modbus profiles",
    [
      "The kinds of devices that come with the gateway, named by `modbus.units[].profile`. How to add one: add-a-modbus-profile.md. The rung says how",
      "well points are known, weakest first: third-party, documented, bench, hardware; `modbus read` shows it for each value. Of the EVlink Pro DC no",
      "register map is public: whoever has its guide adds a profile.",
    ].join("\n"),
    table(
      ["profile", "devices", "points", "known by", "to know"],
      profiles.map(({ source, profile }) => [
        code(profile.id),
        profile.name,
        String(profile.points.length),
        rungs(profile.points),
        source.notes ?? "",
      ]),
    ),
    "## What can be written\n\nReads are left out here. `legal` is what a write is judged by; `restricted` takes a rule that names point and value.",
    table(
      ["profile", "point", "class", "at", "legal", "restricted"],
      profiles.flatMap(({ profile }) =>
        profile.points.filter(({ access }) => access !== "read").map((point) => [
          code(profile.id),
          `${code(point.name)}${point.unit === undefined ? "" : ` (${point.unit})`}${
            point.heartbeat ? ", heartbeat" : ""
          }`,
          point.class,
          String(point.address),
          values(point.legal),
          values(point.restricted),
        ])
      ),
    ),
    "## Badge and vehicle ids\n\nRead by no rule that does not name them or their class, and never by `modbus read`.",
    table(
      ["profile", "points"],
      profiles.flatMap(({ profile }) => {
        const own = profile.points.filter((point) => point.class === "personal").map(({ name }) => code(name));
        return own.length === 0 ? [] : [[code(profile.id), own.join(", ")]];
      }),
    ),
    "## SunSpec models that `modbus discover` knows\n\nOthers are skipped by their length and stay registers without meaning.",
    table(
      ["models", "points begin with", "points"],
      SUNSPEC_MODELS.map(({ ids, name, points }) => [ids.join(", "), code(`${name}-`), String(points.length)]),
    ),
  );
}

function rungs(points: readonly Point[]): string {
  return [...Map.groupBy(points, ({ rung }) => rung)].map(([rung, own]) => `${rung} ${own.length}`).sort().join(", ");
}

function values(parts: Point["legal"]): string {
  return (parts ?? []).map((part) => typeof part === "number" ? String(part) : part.join(" to ")).join(", ") || "-";
}
