import type { HaldClient } from "../../hal/client.ts";
import { HAL_LIMITS } from "../../hal/limits.ts";
import { type IsolationVerdict, judgeIsolation } from "../../policies/isolation.ts";
import { isInRanges } from "../../policies/ipv4.ts";
import type { SegmentedZone } from "../../policies/segmentation_model.ts";
import type { CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { formatTable } from "../core/format_table.ts";
import { KEYS } from "../store/keys.ts";
import type { SegmentationParts } from "./parts.ts";

/** What the last probe of a zone said. */
export interface ProbeRecord {
  readonly zone: string;
  readonly verdict: IsolationVerdict;
  readonly why: string;
  /** Milliseconds since the epoch; absent: never tried. */
  readonly at?: number;
}

/** Milliseconds that hald may take: it listens for two seconds. */
const PROBE_DEADLINE_MS = 10_000;
/** Devices that are named in a record. */
const NAMED = 8;

/** `segmentation probe`: tries from the spare interface of each zone whether stations hear each other. */
export async function probeCommand(
  parts: SegmentationParts,
  hald: Pick<HaldClient, "call"> | undefined,
): Promise<CommandResult> {
  const { segmenter, context } = parts;
  const records: ProbeRecord[] = [];
  for (const zone of segmenter.segmentation().zones.filter(({ role }) => role === "ot")) {
    const name = context.site.segmentation?.zones.find((kept) => kept.zone === zone.id)?.probeInterface;
    if (name === undefined || !hald) continue;
    const record = await probeZone(parts, hald, zone, name);
    await context.store.commit([{ set: [...KEYS.segmentation, "probe", zone.id], value: record }]);
    const isBroken = zone.isolation !== "shared" && record.verdict === "none";
    const alarm = { kind: "segmentation.isolation.broken", subject: zone.id };
    if (isBroken) await context.alarms.raise({ ...alarm, detail: record.why });
    else await context.alarms.clear(alarm.kind, alarm.subject);
    records.push(record);
  }
  const all = await isolationOf(parts);
  const untried = all.filter(({ zone }) => !records.some((record) => record.zone === zone)).map(({ zone }) => zone);
  const hint = untried.length === 0
    ? ""
    : `\nNot tried: ${
      untried.join(", ")
    }. Put a spare interface of this box on a station's port and name it as probeInterface.`;
  return { text: isolationText(all) + hint, data: all.map((record) => ({ ...record })) as Json };
}

async function probeZone(
  { context, stations }: SegmentationParts,
  hald: Pick<HaldClient, "call">,
  zone: SegmentedZone,
  name: string,
): Promise<ProbeRecord> {
  const addresses = stations().flatMap(({ address }) =>
    address !== undefined && isInRanges(address, zone.networks) ? [address] : []
  );
  const targets = [...zone.box, ...new Set(addresses)].slice(0, HAL_LIMITS.probeTargets);
  const { links } = await hald.call("net.links", {});
  const own = new Set(links.map(({ mac }) => mac));
  const { devices } = await hald.call("net.isolation-probe", { interface: name, targets }, {
    deadlineMs: PROBE_DEADLINE_MS,
  });
  const others = devices.filter(({ mac }) => !own.has(mac)).slice(0, NAMED)
    .map(({ mac, address, leaks }) => `${address ?? mac} (${leaks.join(", ")})`);
  const probe = { boxHeard: devices.some(({ mac }) => own.has(mac)), others };
  return { zone: zone.id, ...judgeIsolation({ claimed: zone.isolation, probe }), at: context.clock.now() };
}

/** How the stations of every OT zone stand to each other: by the last probe, else by what site.yaml claims. */
export async function isolationOf(
  { segmenter, context }: Pick<SegmentationParts, "context" | "segmenter">,
): Promise<readonly ProbeRecord[]> {
  const ot = segmenter.segmentation().zones.filter(({ role }) => role === "ot");
  return await Promise.all(ot.map(async ({ id, isolation }) => {
    const stored = await context.store.get<ProbeRecord>([...KEYS.segmentation, "probe", id]);
    return stored?.value ?? { zone: id, ...judgeIsolation({ claimed: isolation }) };
  }));
}

/** The verdicts as a table. */
export function isolationText(records: readonly ProbeRecord[]): string {
  return formatTable(
    ["zone", "stations kept apart", "why", "tried"],
    records.map((
      { zone, verdict, why, at },
    ) => [zone, verdict, why, at === undefined ? "never" : new Date(at).toISOString()]),
  );
}
