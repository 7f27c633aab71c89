import { type BadgeGuardFeatureParts, createBadgeGuardFeature } from "../inventory/badges/feature.ts";
import { createLedgerFeature, type LedgerFeatureParts } from "../inventory/ledger/feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import type { AuditChain } from "./audit/mod.ts";
import type { ControlFeature } from "./contract.ts";

/** What the outage feature gives them. */
type Outage = BadgeGuardFeatureParts["outage"] & { readonly waiting: LedgerFeatureParts["outage"] };

/** The energy ledger, and what follows transactions by it: the guard against blocked badges. */
export async function createLedgerFeatures(
  { context, live, stations }: Pick<StationParts, "context" | "live" | "stations">,
  audit: Pick<AuditChain, "pseudonym">,
  outage: Outage,
): Promise<readonly ControlFeature[]> {
  const pseudonym = (station: string, badge: string, at: number) => audit.pseudonym(station, badge, at);
  const ledger = await createLedgerFeature({ context, pseudonym, outage: (station) => outage.waiting(station) });
  return [ledger, await createBadgeGuardFeature({ context, live, stations, ledger, outage, pseudonym })];
}
