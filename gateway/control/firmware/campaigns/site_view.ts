import { fitsModel, type MarkingImage } from "../../../../policies/firmware_mark.ts";
import type { Station } from "../../../inventory/config.ts";
import { restOf } from "../station_rest.ts";
import type { Version } from "./messages.ts";
import type { CampaignParts } from "./parts.ts";

/** One controller as it is now. */
export interface StationLook {
  readonly online: boolean;
  /** Why it must not be disturbed; absent: nothing runs, nothing is reserved. */
  readonly busy?: string;
  /** Connectors that it says are faulted. */
  readonly faulted: readonly string[];
  /** As many as it ever told of; 1 when it never did. */
  readonly connectors: number;
  /** As its last BootNotification said, or a person for a part that says nothing itself. */
  readonly version?: string;
  /** Who said so, where it was not the station itself: "driver" or "person:NAME". */
  readonly versionBy?: string;
  readonly model: string;
  readonly vendor?: string;
  readonly securityProfile?: number;
  readonly protocol?: Version;
  /** When its connection was opened, wall milliseconds. */
  readonly since?: number;
}

/** All controllers of the site at one moment. */
export type SiteLook = ReadonlyMap<string, StationLook>;

/**
 * Looks at every station of the site once; a part without a connection of its own is as its speaker is. What a Worker cannot say is taken as "do not disturb".
 */
export async function lookAtSite(parts: CampaignParts): Promise<SiteLook> {
  const all = parts.stations.all();
  const own = new Map(
    await Promise.all(
      all.filter(({ ocpp }) => ocpp).map(async (station) => [station.id, await look(parts, station)] as const),
    ),
  );
  for (const station of all) {
    if (own.has(station.id)) continue;
    const speaker = speakerOf(all, station);
    // Where nobody speaks for it, nobody can say that it is away: whoever brings the image sees.
    const online = speaker === undefined || own.get(speaker)?.online === true;
    own.set(station.id, { online, faulted: [], connectors: 0, ...told(parts, station) });
  }
  return own;
}

/** Model and vendor as configured, else as the station says. */
export function identityOf(parts: Pick<CampaignParts, "facts">, station: Station): { vendor?: string; model?: string } {
  const facts = parts.facts.of(station.id);
  const vendor = station.vendor ?? text(facts["vendor"]), model = station.model ?? text(facts["model"]);
  return { ...vendor === undefined ? {} : { vendor }, ...model === undefined ? {} : { model } };
}

/** Stations that an image is for, by vendor and model. */
export function stationsOf(
  parts: Pick<CampaignParts, "facts" | "stations">,
  image: Pick<MarkingImage, "models" | "vendor">,
): readonly Station[] {
  return parts.stations.all().filter((station) => fitsModel(image, identityOf(parts, station)));
}

async function look(parts: CampaignParts, station: Station): Promise<StationLook> {
  const { id } = station, session = parts.live.ofStation(id);
  const rest = await restOf(parts, id, session), { connectors } = rest;
  const busy = parts.transfers.busyWith(id) ?? rest.busy;
  const protocol = session?.protocol ?? text(parts.facts.of(id)["protocol"]);
  return {
    online: session !== undefined,
    ...busy === undefined ? {} : { busy },
    faulted: connectors.faulted,
    connectors: await learnConnectors(parts, id, connectors.count),
    ...told(parts, station),
    ...session ? { securityProfile: session.securityProfile, since: session.since } : {},
    ...isVersion(protocol) ? { protocol } : {},
  };
}

/** A connection tells only of the connectors that had something to say: the most it ever told of is its number. */
async function learnConnectors({ facts }: CampaignParts, id: string, count: number): Promise<number> {
  const known = Number(facts.of(id)["connectors"] ?? 0);
  if (count > known) await facts.learn(id, { connectors: count });
  return Math.max(1, known, count);
}

function told(parts: CampaignParts, station: Station): Pick<StationLook, "model" | "vendor" | "version" | "versionBy"> {
  const facts = parts.facts.of(station.id);
  const version = text(facts["firmwareVersion"]), versionBy = text(facts["versionBy"]);
  const { vendor, model = "" } = identityOf(parts, station);
  return {
    model,
    ...vendor === undefined ? {} : { vendor },
    ...version === undefined ? {} : { version },
    ...versionBy === undefined ? {} : { versionBy },
  };
}

/** Who speaks for a part that has no OCPP of its own. */
function speakerOf(all: readonly Station[], { reachedThrough, unit, id }: Station): string | undefined {
  return reachedThrough ??
    all.find((one) => one.unit !== undefined && one.unit === unit && one.id !== id && one.ocpp)?.id;
}

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined;
const isVersion = (name: string | undefined): name is Version =>
  name === "ocpp1.6" || name === "ocpp2.0.1" || name === "ocpp2.1";
