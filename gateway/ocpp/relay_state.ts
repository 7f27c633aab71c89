import type { RelayOptions } from "./relay_types.ts";

/** The state of one relay for stations.live: who, where, and what is under way. No secret, no payload. */
export function describeRelay(
  { session, stationId, version, csms, securityProfile, source, conversation }: RelayOptions,
  state: "open" | "redialling",
  since: number,
  messages: { readonly station: number; readonly csms: number },
) {
  return {
    ...{ session, stationId, version, protocol: version, csms, securityProfile, source, state, since },
    station: messages.station,
    fromCsms: messages.csms,
    pending: { ...conversation.load },
  };
}
