import { describeError } from "../../../core/errors.ts";
import { askBoot } from "./messages.ts";
import type { CampaignParts } from "./parts.ts";
import type { PartProof, UnitRecord } from "./record.ts";
import type { SiteLook, StationLook } from "./site_view.ts";
import { nudge } from "./tell.ts";

type Needs = Pick<CampaignParts, "context" | "facts" | "live" | "pages" | "stations">;

/** What an update of a part that a person brings it to can be proven by. A person's word is the last resort, and shown. */
export function provableBy({ facts, pages, stations }: Needs, station: string): PartProof {
  // A station that never told a version of its own will hardly do so now: it is optional in BootNotification.
  const { firmwareVersion, versionBy } = facts.of(station);
  const isOwnWord = firmwareVersion !== undefined && (versionBy === undefined || versionBy === "");
  if (stations.get(station)?.ocpp && isOwnWord) return "reported";
  return pages?.canReadVersion(station) ? "read" : "word";
}

/** How the version of a part is known. */
export function proofOf({ versionBy }: Pick<StationLook, "versionBy">): PartProof {
  if (versionBy === undefined) return "reported";
  return versionBy === "driver" ? "read" : "word";
}

/** A unit with how the version of each of its parts is known, as it is now. */
export function withProofs(unit: UnitRecord, version: string, site: SiteLook): UnitRecord {
  const parts = unit.parts.map(({ proof: _, ...part }) => {
    const look = site.get(part.station);
    return look?.version === version ? { ...part, proof: proofOf(look) } : part;
  });
  return { ...unit, parts };
}

/**
 * Asks a part for its version, by whichever of the two ways it has; what it says comes as a fact of its station. Never
 * throws: who does not answer now is asked again.
 */
export async function askVersion(parts: CampaignParts, station: string, who: string): Promise<void> {
  switch (provableBy(parts, station)) {
    case "reported":
      return await nudge(parts, station, askBoot);
    case "read": {
      try {
        const firmwareVersion = await parts.pages!.readVersion(station, who);
        if (firmwareVersion !== undefined) await parts.facts.learn(station, { firmwareVersion, versionBy: "driver" });
      } catch (error) {
        parts.context.log.warn("firmware.version.unread", { station, msg: describeError(error) });
      }
      return;
    }
    case "word":
      return;
  }
}
