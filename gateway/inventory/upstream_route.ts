import type { SiteFiles } from "../core/conduit.ts";
import type { StationAttempt, UpstreamRoute } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import type { Site } from "../config/schema.ts";
import type { Station } from "./config.ts";
import { basicOf } from "./mirror_routes.ts";

/**
 * The upstream leg of an admitted station: its CSMS, and the credential the gateway shows there for it. Without
 * `upstreamPasswordFile` the station's own Basic credential is relayed (DESIGN section 5).
 */
export function upstreamRoute(
  station: Station,
  attempt: Pick<StationAttempt, "basic">,
  ocpp: NonNullable<Site["ocpp"]>,
  files: SiteFiles,
): UpstreamRoute {
  const wanted = station.ocpp?.csms;
  const csms = ocpp.csms.find(({ id }) => id === wanted);
  if (!csms) {
    throw new GatewayError("CFG_INVALID", `Station "${station.id}" names the CSMS "${wanted}", which is absent`);
  }
  const basic = basicCredential(station, attempt, files, csms.passwordFile);
  const pair = station.ocpp?.upstreamCertificate ?? csms.clientCertificate;
  return {
    csms: csms.id,
    url: csms.url,
    graceSeconds: csms.graceSeconds,
    ...(station.ocpp?.onLoss ?? csms.onLoss) === "store-and-forward"
      ? { outage: { replayBoot: csms.replayBoot, learnBadges: csms.offlineAuthorisation === "cache-then-csms" } }
      : {},
    ...csms.caFile === undefined ? {} : { caPem: [files.text(csms.caFile)] },
    ...basic ? { basic } : {},
    ...pair ? { clientCertificate: { certPem: files.text(pair.certFile), keyPem: files.text(pair.keyFile) } } : {},
  };
}

function basicCredential(
  station: Station,
  attempt: Pick<StationAttempt, "basic">,
  files: SiteFiles,
  shared: string | undefined,
): UpstreamRoute["basic"] {
  const file = station.ocpp?.upstreamPasswordFile ?? shared;
  return file === undefined ? attempt.basic : basicOf(station.id, files.bytes(file));
}
