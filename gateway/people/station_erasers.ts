import { join } from "node:path";
import { entryEraser, inField, type StationEraser } from "../store/station_eraser.ts";
import type { AccessGrant } from "../../policies/access_types.ts";

/** What people were allowed at a station and did there. */
export const PEOPLE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "people.grants",
    holds: "grants that name it",
    prefix: "people",
    below: "grant",
    isOf: ({ value }, { id, unit }) => {
      const { ids = [], units = [] } = (value as AccessGrant).stations;
      return ids.includes(id) || unit !== undefined && units.includes(unit);
    },
    without: (value, { id, unit }) => withoutStation(value as AccessGrant, id, unit),
  }),
  ...(["request", "lease", "tunnel", "device-session"] as const).map((kind) =>
    entryEraser({
      name: `people.${kind}s`,
      holds: {
        request: "requests for access to it",
        lease: "opened ways to it",
        tunnel: "tunnels to it",
        "device-session": "sessions at its pages",
      }[kind],
      prefix: "people",
      below: kind,
      isOf: inField("station"),
    })
  ),
  entryEraser({
    name: "people.recordings",
    holds: "what people did on its pages, in sealed files",
    prefix: "people",
    below: "recording",
    isOf: inField("station"),
    filesOf: ({ key }, { dataDir }) => [join(dataDir, "recordings", `${String(key[2])}.sealed`)],
    files: ["recordings"],
  }),
];

/** The grant for those that stay; undefined when it named no other. */
function withoutStation(grant: AccessGrant, id: string, unit: string | undefined): AccessGrant | undefined {
  const { ids, units, ...others } = grant.stations;
  const left = {
    ...others,
    ...kept("ids", ids?.filter((each) => each !== id)),
    ...kept("units", units?.filter((each) => each !== unit)),
  };
  return Object.keys(left).length === 0 ? undefined : { ...grant, stations: left };
}

function kept<K extends string>(name: K, list: readonly string[] | undefined): { [key in K]?: readonly string[] } {
  return (list === undefined || list.length === 0 ? {} : { [name]: list }) as { [key in K]?: readonly string[] };
}
