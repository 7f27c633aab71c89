import type { TimeSettings } from "../../hal/time_service.ts";
import { parseCidr } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";

/** What chrony is to do for this site; undefined: the box's clock is left alone. @throws ConfigError CFG_UNREADABLE */
export function timeSettings(
  { time, network }: Pick<Site, "network" | "time">,
  files: SiteFiles,
): TimeSettings | undefined {
  if (!time) return undefined;
  return {
    servers: time.upstream.map(({ nts, ntp, port, caFile }) => ({
      host: (nts ?? ntp)!, // a rule has checked that one of the two is there
      nts: nts !== undefined,
      ...port === undefined ? {} : { port },
      ...caFile === undefined ? {} : { ca: files.text(caFile) },
    })),
    serve: time.serve.map((id) => networkOf(network.zones.find((zone) => zone.id === id)!.address!)),
    realTimeClock: time.realTimeClock,
  };
}

/** "10.20.0.1/24" -> "10.20.0.0/24". */
function networkOf(address: string): string {
  const { ip, bits } = parseCidr(address)!; // the schema has checked it
  const network = ip.map((byte, index) => byte & 0xff00 >> Math.min(8, Math.max(0, bits - index * 8)) & 0xff);
  return `${network.join(".")}/${bits}`;
}
