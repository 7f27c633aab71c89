import type { ImageVault } from "../core/firmware_api.ts";
import type { SecurityFeature } from "../inventory/security/feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { createPostureFeature, type PostureFeature, type PostureFeatureParts } from "../posture/feature.ts";
import { Guides } from "../posture/guides.ts";
import { KEYS } from "../store/keys.ts";
import type { TimeFeature } from "../time/feature.ts";
import type { CommandArgs, CommandResult } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import type { DevicesOfLater } from "./people_and_devices.ts";
import { visibleExceptions } from "./visible_exceptions.ts";

/** The features that posture looks at. */
export interface PostureNeighbours {
  readonly foundation: Pick<Foundation, "audit" | "context" | "golden" | "guides" | "hald">;
  readonly stations: StationParts;
  readonly time: Pick<TimeFeature, "stations">;
  readonly security: Pick<SecurityFeature, "hasTold">;
  readonly vault: Pick<ImageVault, "images">;
  readonly devices: Pick<DevicesOfLater, "operations" | "recovery">;
  readonly whyNotNow: (station: string) => string | undefined;
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** Posture, with what it judges from the other features of control. */
export function createPosture(neighbours: PostureNeighbours): Promise<PostureFeature> {
  return createPostureFeature(postureParts(neighbours));
}

/** Where posture gets what it judges from the other features of control. */
function postureParts(neighbours: PostureNeighbours): PostureFeatureParts {
  const { foundation, stations, time, security, vault, devices, run, whyNotNow } = neighbours;
  const { audit, context, golden, guides, hald } = foundation;
  return {
    stations,
    golden,
    whyNotNow,
    devices: () => devices.operations,
    recovery: (station) => devices.recovery?.(station),
    guides: new Guides(guides),
    sign: (text) => audit.signText(text),
    clockOffsetOf: (id) => time.stations().find(({ station }) => station === id)?.offsetSeconds,
    tellsSecurityEvents: (id) => security.hasTold(id),
    images: () => vault.images().filter(({ state }) => state === "verified"),
    gateway: async () => ({
      visibleExceptions: visibleExceptions(context.site, stations.stations.all()).length,
      lastBackupAt: (await context.store.get<{ readonly takenAt: number }>([...KEYS.backup, "last"]))?.value.takenAt,
      isClockSynchronised: await synchronised(hald),
      peopleWithoutSecondFactor: withoutSecondFactor((await run("user list", {})).data),
    }),
  };
}

async function synchronised(hald: Foundation["hald"]): Promise<boolean | undefined> {
  if (!hald) return undefined;
  try {
    return (await hald.call("clock.state", {})).synchronised;
  } catch (_away) {
    return undefined;
  }
}

/** Local people who may log in and have nothing beside their password. */
function withoutSecondFactor(people: unknown): number | undefined {
  if (!Array.isArray(people)) return undefined;
  return people.filter(({ origin, state, factors }) => {
    return origin === "local" && state === "active" && Array.isArray(factors) && factors.length === 0;
  }).length;
}
