import { type FileProtocol, protocolFor } from "../../../../policies/firmware_grant.ts";
import { parseSocketAddress } from "../../../config/ip.ts";
import type { FirmwareConfig } from "../../../firmware/config.ts";

/** Where files travel by one protocol: "10.20.0.1:8446", or the name that the certificate has. */
export interface ServingPlace {
  readonly protocol: FileProtocol;
  readonly host: string;
}

/** Every place where stations can fetch, HTTPS first; none without `firmware.listen`. */
export function servingPlaces({ listen, tls, exceptions }: FirmwareConfig): readonly ServingPlace[] {
  if (listen === undefined) return [];
  const [name] = tls.names ?? [];
  const excepted = exceptions.map(({ protocol, listen }) => ({ protocol, host: hostOf(listen) }));
  const all: readonly ServingPlace[] = [{ protocol: "https", host: hostOf(listen, name) }, ...excepted];
  return all.filter(({ protocol }, at) => all.findIndex((one) => one.protocol === protocol) === at);
}

/** The place of stations like this one; undefined: nothing is served. */
export function servingPlaceFor(
  station: Parameters<typeof protocolFor>[0],
  firmware: FirmwareConfig,
): ServingPlace | undefined {
  const protocol = protocolFor(station, firmware.exceptions);
  return servingPlaces(firmware).find((place) => place.protocol === protocol);
}

/** Clients of FTP and SFTP log in with the token as password and find one file; those of HTTP have it in the path. */
export function servingUrl({ protocol, host }: ServingPlace, token: string, fileName: string): string {
  return protocol === "http" || protocol === "https"
    ? `${protocol}://${host}/f/${token}/${fileName}`
    : `${protocol}://station:${token}@${host}/${fileName}`;
}

/** The token in a URL that `servingUrl` made; undefined: it is none. */
export function tokenIn(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url) return undefined;
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  const token = isWeb ? /^\/f\/([^/]+)\//.exec(url.pathname)?.[1] : url.password;
  return token === "" ? undefined : token;
}

function hostOf(listen: string, name?: string): string {
  const { host, port } = parseSocketAddress(listen)!; // the schema has checked it
  return `${name ?? (host.includes(":") ? `[${host}]` : host)}:${port}`;
}
