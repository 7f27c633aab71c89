import { Buffer } from "node:buffer";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import type { UpstreamRoute } from "../core/control_api.ts";
import type { MirrorRoute } from "../core/mirror_api.ts";
import type { Station } from "./config.ts";
import { passwordBytes } from "../config/materials.ts";

type Ocpp = NonNullable<Site["ocpp"]>;
type Csms = Ocpp["csms"][number];

/** The mirrors and limited secondaries of a station, as site.yaml has them. */
export function mirrorRoutes(station: Station, ocpp: Ocpp, files: SiteFiles): readonly MirrorRoute[] {
  return ocpp.csms.flatMap((csms): MirrorRoute[] => {
    const { mode, stations, actions, badges, whenMetered } = csms;
    if (mode === "primary" || (stations && !stations.includes(station.id))) return [];
    return [{ route: otherRoute(station, csms, files), mode, actions: actions ?? [], badges, whenMetered }];
  });
}

/**
 * The CSMS that is to become a station's own, as its shadow: it sees what it will see then, badges too. Without a
 * credential of its own there, the station's is relayed, as it will be then.
 */
export function shadowRoute(station: Station, csms: Csms, files: SiteFiles): MirrorRoute {
  const route = otherRoute(station, csms, files);
  const whenMetered = csms.whenMetered;
  const shadow = { route, mode: "shadow", actions: [], badges: "pass", whenMetered } as const;
  return route.basic || route.clientCertificate ? shadow : { ...shadow, relaysCredential: true };
}

/** A leg to a CSMS that is not the station's own. The station's own secrets are not shown there. */
function otherRoute(station: Station, csms: Csms, files: SiteFiles): UpstreamRoute {
  const own = station.ocpp?.upstreams?.find((entry) => entry.csms === csms.id);
  const passwordFile = own?.passwordFile ?? csms.passwordFile;
  const pair = own?.certificate ?? csms.clientCertificate;
  return {
    csms: csms.id,
    url: csms.url,
    graceSeconds: csms.graceSeconds,
    ...csms.caFile === undefined ? {} : { caPem: [files.text(csms.caFile)] },
    ...passwordFile === undefined ? {} : { basic: basicOf(station.id, files.bytes(passwordFile)) },
    ...pair ? { clientCertificate: { certPem: files.text(pair.certFile), keyPem: files.text(pair.keyFile) } } : {},
  };
}

/** A password of the gateway's for one station: user is the station's id (A00.FR.204). */
export function basicOf(stationId: string, password: Uint8Array<ArrayBuffer>): NonNullable<UpstreamRoute["basic"]> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return { user: base64(new TextEncoder().encode(stationId)), password: base64(passwordBytes(password)) };
}
