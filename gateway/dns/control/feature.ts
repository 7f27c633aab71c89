import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import type { Site } from "../../config/schema.ts";
import { describeError } from "../../core/errors.ts";
import { stationOf } from "../mod.ts";
import { dnsCommands } from "./commands.ts";
import { type DeniedName, DeniedNames } from "./denied_names.ts";

/** DNS in control, with what other features ask of it. */
export interface DnsFeature extends ControlFeature {
  /** Names that a station was refused, the newest first. */
  refused(station: string): readonly DeniedName[];
}

/** What control does for DNS: tells its Worker which stations there are, and keeps what was refused. */
export async function createDnsFeature(
  context: ControlContext,
  stations: () => Promise<readonly Site["stations"][number][]>,
): Promise<DnsFeature> {
  const denied = await DeniedNames.open(context.store, context.clock);
  const known = async () => (await stations()).flatMap(stationOf);
  return {
    name: "dns",
    refused: (station) => denied.list(station),
    handlers: {
      "dns.stations": async () => ({ stations: await known() }),
      "dns.denied": async ({ denied: report }) => {
        await denied.take(report, async (event) => void await context.audit.record(event));
      },
    },
    commands: dnsCommands({ context, denied, stations: known }),
    stop: () => denied.flush().catch((error) => context.log.warn("dns.counts.unstored", { msg: describeError(error) })),
  };
}
