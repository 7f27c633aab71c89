import type { KnownWork } from "../../policies/incident_types.ts";
import { createIncidentFeature, type IncidentFeature } from "../incidents/feature.ts";
import { LONGEST_WORK_MS } from "../../policies/incident_work.ts";
import type { Vault } from "../vault/vault.ts";
import { GatewayError } from "../core/errors.ts";
import { createInspectionFeature } from "../incidents/inspections/inspection_feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import type { ControlContext, ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import { type HandNeighbours, IncidentHands } from "./incident_hands.ts";
import { IncidentSight } from "./incident_sight.ts";

/** What incidents need of the other features. */
export interface IncidentNeighbours extends Omit<HandNeighbours, "sight"> {
  readonly foundation: Pick<Foundation, "audit" | "context">;
  /** What updates a station now; undefined: nothing does. */
  readonly busyWith: (station: string) => string | undefined;
  /** Who has a station leave for ever; undefined: it stays. */
  readonly leaving: (station: string) => string | undefined;
}

/** Incidents, with what they see and do through the other features of control. */
export function createIncidents(neighbours: IncidentNeighbours): Promise<IncidentFeature> {
  const { foundation: { audit, context }, stations: { stations }, busyWith, leaving, vault } = neighbours;
  const sight = new IncidentSight(neighbours);
  return createIncidentFeature({
    context,
    sight,
    chain: audit,
    stations: () => stations.all(),
    hands: new IncidentHands({ ...neighbours, sight }),
    worksAt: (station) => [
      ...updating(busyWith(station)),
      ...departing(leaving(station)),
      ...rotating(vault(), station, context.clock.now()),
    ],
  });
}

/** Inspections, whose results posture takes where a guide has the line. */
export function createInspections(
  context: ControlContext,
  { stations }: StationParts,
  run: HandNeighbours["run"],
): Promise<ControlFeature> {
  return createInspectionFeature({
    context,
    stations: () => stations.all().map(({ id }) => id),
    confirm: async (subject, line, isSo, note, who) => {
      try {
        await run("posture confirm", { subject, line, note, ...isSo ? {} : { "not-so": true } }, who);
      } catch (error) {
        // a guide of another maker: nothing is wanted of this station
        if (!(error instanceof GatewayError) || error.code !== "POSTURE_REFUSED") throw error;
      }
    },
  });
}

const updating = (by: string | undefined): readonly KnownWork[] => by === undefined ? [] : [{ kind: "gateway", by }];

/** Its hardware leaves the site: it is opened, reset, unplugged. */
const departing = (by: string | undefined): readonly KnownWork[] =>
  by === undefined ? [] : [{ kind: "replacement", by }];

/** A change of secrets that began before this start of the gateway is known to the vault alone. */
function rotating(vault: Vault | undefined, station: string, now: number): readonly KnownWork[] {
  const records = vault?.book.all().filter(({ rotation }) =>
    rotation !== undefined && now - rotation.startedAt < LONGEST_WORK_MS &&
    rotation.machine.members.some((member) => member.station === station)
  );
  return records?.map(({ slot }) => ({ kind: "rotation", by: `the vault changes its ${slot}` })) ?? [];
}
