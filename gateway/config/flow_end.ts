import { parseCidr, parseIp } from "./ip.ts";

/** One end of a flow as site.yaml names it. */
export type NamedEnd =
  | { readonly kind: "box" }
  | { readonly kind: "zone"; readonly name: string }
  | { readonly kind: "station" | "unit" | "vendor"; readonly name: string }
  | { readonly kind: "hosts"; readonly zone: string; readonly hosts: string };

/** Reads box, zone:mgmt, station:CP001, unit:bay-07, vendor:bender or mgmt/10.99.0.0/25; undefined when it is none. */
export function parseEnd(text: string): NamedEnd | undefined {
  if (text === "box") return { kind: "box" };
  const named = /^(zone|station|unit|vendor):(.{1,48})$/.exec(text);
  if (named) return { kind: named[1] as "zone", name: named[2]! };
  const placed = /^([A-Za-z0-9][A-Za-z0-9._-]{0,47})\/(.+)$/.exec(text);
  const hosts = placed?.[2] ?? "";
  const isV4 = parseIp(hosts)?.length === 4 || parseCidr(hosts)?.ip.length === 4;
  return placed && isV4 ? { kind: "hosts", zone: placed[1]!, hosts } : undefined;
}
