import type { Site } from "./schema.ts";

/** Unsafe settings that somebody chose on purpose, one sentence each: `check` and `status` show them for ever. */
export function unsafeSettings({ ocpp, stations }: Pick<Site, "ocpp" | "stations">): string[] {
  return [
    ...(ocpp?.listeners ?? []).filter(({ plaintext }) => plaintext).map(({ listen }) =>
      `Stations' listener ${listen} is not encrypted`
    ),
    ...(ocpp?.csms ?? []).filter(({ plaintext }) => plaintext).map(({ id }) =>
      `The link to CSMS "${id}" is not encrypted`
    ),
    ...stations.filter((station) => station.ocpp?.securityProfile === 0).map(({ id }) =>
      `Station "${id}" has no credential: its mac and address are all it proves`
    ),
  ];
}
