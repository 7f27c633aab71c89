import type { ImageVault } from "../core/firmware_api.ts";
import type { SecurityFeature } from "../inventory/security/feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { createPostureFeature, type PostureFeatureParts } from "../posture/feature.ts";
import { Guides } from "../posture/guides.ts";
import { KEYS } from "../store/keys.ts";
import type { TimeFeature } from "../time/feature.ts";
import { DocumentSigner } from "../papers/document_signer.ts";
import type { PkiFeature } from "../pki/feature.ts";
import { createCommissioning } from "./commissioning_parts.ts";
import type { CommandArgs, CommandResult, ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import type { DevicesOfLater } from "./people_and_devices.ts";
import { visibleExceptions } from "./visible_exceptions.ts";

/** What posture, as people and devices, finds around it. */
export interface PostureSurroundings {
  readonly foundation: Pick<Foundation, "audit" | "context" | "golden" | "guides" | "hald">;
  readonly inventory: StationParts;
  readonly images: ImageVault;
}

/** The features that posture looks at. */
export interface PostureNeighbours extends PostureSurroundings {
  readonly time: Pick<TimeFeature, "stations">;
  readonly security: Pick<SecurityFeature, "hasTold">;
  readonly devices: DevicesOfLater;
  readonly whyNotNow: (station: string) => string | undefined;
  readonly pki: Pick<PkiFeature, "ca">;
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** Posture and commissioning, which is judged by it, with what both look at in the other features; they sign papers. */
export async function createPostureAndCommissioning(neighbours: PostureNeighbours): Promise<readonly ControlFeature[]> {
  const { foundation: { context }, pki: { ca } } = neighbours, { store, sealer, clock, site } = context;
  const papers = new DocumentSigner({ ca, store, sealer, clock, siteId: site.site.id });
  const posture = await createPostureFeature({ ...postureParts(neighbours), papers });
  return [posture, await createCommissioning({ ...neighbours, stations: neighbours.inventory, posture, papers })];
}

/** Where posture gets what it judges from the other features of control. */
function postureParts(neighbours: PostureNeighbours): Omit<PostureFeatureParts, "papers"> {
  const { foundation, inventory: stations, time, security, images: vault, devices, run, whyNotNow } = neighbours;
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
