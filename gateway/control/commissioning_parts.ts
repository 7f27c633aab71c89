import { createCommissioningFeature } from "../commissioning/feature.ts";
import type { SeenCharge } from "../commissioning/checks.ts";
import { COMMISSIONING_LIMITS } from "../commissioning/limits.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { DocumentSigner } from "../papers/document_signer.ts";
import type { PostureFeature } from "../posture/feature.ts";
import type { CommandArgs, CommandResult, ControlFeature } from "./contract.ts";
import { oldPagesOf } from "./devices/old_pages.ts";
import type { Foundation } from "./foundation.ts";
import type { DevicesOfLater } from "./people_and_devices.ts";

/** The features that commissioning looks at. */
export interface CommissioningNeighbours {
  readonly foundation: Pick<Foundation, "context" | "hald">;
  readonly stations: StationParts;
  readonly posture: Pick<PostureFeature, "evidence">;
  readonly devices: DevicesOfLater;
  readonly papers: DocumentSigner;
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** Commissioning, with what its automatic steps look at. */
export function createCommissioning(neighbours: CommissioningNeighbours): Promise<ControlFeature> {
  const { foundation: { context, hald }, stations: parts, posture, devices, papers, run } = neighbours;
  const { stations, facts, live, network } = parts;
  return createCommissioningFeature({
    context,
    stations: () => stations.all(),
    signer: () => papers.signer(),
    prove: async (asker) => void await devices.gate!.prove(asker, "A protocol is signed"),
    sources: {
      session: (id) => live.ofStation(id),
      facts: (id) => facts.of(id),
      evidence: (id, fact) => posture.evidence(id, fact),
      call: (stationId, action, payload) =>
        callStation({ context, live }, { stationId, action, payload, timeoutMs: COMMISSIONING_LIMITS.callMs }),
      charges: async (station) => chargesOf((await run("ledger list", { station })).data),
      network: async (station) =>
        await network.steps?.(station, { isConnected: live.ofStation(station.id) !== undefined }) ?? [],
      faults: (id) => devices.adoptions?.faults(id) ?? [],
      recovery: (station) => devices.recovery?.(station),
      oldPages: (station) => oldPagesOf(station, context.files),
      unmet: async (subject) => unmetOf((await run("posture run", { subject })).data),
      macOf: async (address) => hald ? (await hald.call("net.neighbour", { address })).mac : undefined,
    },
  });
}

/** Transactions as `ledger list` tells them. */
export function chargesOf(rows: unknown): readonly SeenCharge[] {
  if (!Array.isArray(rows)) return [];
  return rows.map(({ seen, ends, measuredWh }) => ({
    seenAt: Date.parse(String(seen)),
    hasEnded: Number(ends) > 0,
    wattHours: Number(measuredWh) || 0,
  }));
}

/** Lines of high severity that are not met, as `posture run` tells them. */
export function unmetOf(standing: unknown): readonly string[] {
  const { findings } = standing as { readonly findings?: unknown };
  if (!Array.isArray(findings)) return [];
  return findings.filter(({ outcome, severity }) => outcome === "failed" && severity === "high").map(({ line }) =>
    String(line)
  );
}
