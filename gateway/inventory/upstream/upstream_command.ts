import type { CommandArgs, CommandResult } from "../../control/contract.ts";
import { stationOf, type StationParts } from "../station_commands.ts";
import { latestProfile } from "./upstream_change.ts";
import { readRoots } from "./upstream_roots.ts";
import { inWords } from "./upstreams.ts";

/**
 * `station upstream ID [--reset]`: what the CSMS set for its leg of a station. No secret is shown. `--reset` forgets it:
 * from the next connection on the leg is the configured one.
 */
export async function upstreamCommand(parts: StationParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { upstreams, context } = parts;
  const station = stationOf(parts, args);
  const leg = upstreams.legOf(station);
  if (args["reset"] === true) {
    const event = "station.upstream.reset";
    await context.audit.record({
      event,
      class: "security",
      who,
      target: station.id,
      outcome: "ok",
      detail: { csms: leg.csms },
    });
    await upstreams.forget(leg);
    const text = `${station.id} shows ${leg.csms} what site.yaml says, from its next connection on.`;
    return { text, data: { station: station.id, csms: leg.csms, reset: true } };
  }
  const { kept, fresh, certificate, request, organization, roots = [], priority } = await upstreams.read(leg);
  const profile = latestProfile({ ...kept ? { kept } : {}, ...fresh ? { fresh } : {} }, leg.facts);
  const data = {
    station: station.id,
    csms: leg.csms,
    securityProfile: profile,
    inForce: kept ? inWords(kept) : "as configured",
    waiting: fresh ? inWords(fresh) : null,
    certificateReady: certificate ? new Date(certificate.notAfter).toISOString() : null,
    requested: request ? new Date(request.at).toISOString() : null,
    organization: organization ?? null,
    roots: readRoots(roots).map(({ fingerprint }) => fingerprint),
    priority: priority ?? null,
  };
  const text = [
    `${station.id} at ${leg.csms} (${leg.facts.url}): security profile ${profile}`,
    `In force: ${data.inForce}`,
    ...data.waiting === null ? [] : [`Waits to be taken by the CSMS: ${data.waiting}`],
    ...data.certificateReady === null
      ? []
      : [`A signed certificate waits for security profile 3, until ${data.certificateReady}`],
    ...data.requested === null ? [] : [`A certificate was asked for at ${data.requested}`],
    ...data.organization === null ? [] : [`Organization in requests: ${data.organization}`],
    ...data.roots.length === 0 ? [] : [`Roots that the CSMS added: ${data.roots.join(", ")}`],
  ].join("\n");
  return { text, data };
}
