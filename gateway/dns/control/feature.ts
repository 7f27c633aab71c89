import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import type { Site } from "../../config/schema.ts";
import { describeError } from "../../core/errors.ts";
import { stationOf } from "../mod.ts";
import { dnsCommands } from "./commands.ts";
import { DeniedNames } from "./denied_names.ts";

/** What control does for DNS: tells its Worker which stations there are, and keeps what was refused. */
export async function createDnsFeature(
  context: ControlContext,
  stations: () => readonly Site["stations"][number][],
): Promise<ControlFeature> {
  const denied = await DeniedNames.open(context.store, context.clock);
  const known = () => stations().flatMap(stationOf);
  return {
    name: "dns",
    handlers: {
      "dns.stations": () => ({ stations: known() }),
      "dns.denied": async ({ denied: report }) => {
        for (const event of await denied.take(report)) await context.audit.record(event);
      },
    },
    commands: dnsCommands({ context, denied, stations: known }),
    stop: () => denied.flush().catch((error) => context.log.warn("dns.counts.unstored", { msg: describeError(error) })),
  };
}
