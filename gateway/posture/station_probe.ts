import { Buffer } from "node:buffer";
import type { Evidence, PostureCheck } from "../../policies/posture_types.ts";
import { probedPorts, vendorPorts } from "../../profiles/vendor_ports.ts";
import type { PortState, ProbeFact, ProbeResult, ProbeTask } from "../core/probe_api.ts";
import type { Station } from "../inventory/config.ts";
import { readCertificate } from "../pki/certificate.ts";

const DAY = 86_400_000;
/** What a look at a station is to find out; undefined: it has no address that is looked at. */
export function probeTask(station: Station, checks: readonly PostureCheck[]): ProbeTask | undefined {
  const { id, address, vendor } = station;
  if (address === undefined || address.includes(":")) return undefined;
  const asked = checks.flatMap((check) => check.by === "ports" ? [...check.closed] : []);
  const page = pageOf(station);
  const ports = [...new Set([...asked, ...probedPorts(vendor), ...page ? [page.port] : []])].sort((a, b) => a - b);
  return { station: id, address, ports, ...page?.isTls ? { tlsPort: page.port } : {} };
}

/** What a look found, by the names that checks are read by. */
export function probeEvidence(
  station: Station,
  { ports, tls }: ProbeResult,
  now: number,
): Readonly<Record<string, Evidence>> {
  return { ...portEvidence(station, ports, now), ...tlsEvidence(tls, now) };
}

/** Ports that this box did not let the question out to: nothing is known of them. */
export const BLOCKED = "probe blocked-ports";

/** Why a check of closed ports has no answer although the station was looked at; undefined: it has one. */
export function blockedWhy(closed: readonly number[], blocked: Evidence | undefined, open: Evidence | undefined) {
  const numbers = (evidence: Evidence | undefined) =>
    evidence?.is === "value" ? evidence.value.split(",").map((text) => Number(text.trim())) : [];
  const isOpen = numbers(open).some((port) => closed.includes(port));
  const hidden = numbers(blocked).filter((port) => closed.includes(port));
  if (isOpen || hidden.length === 0) return undefined;
  return `the gateway's own firewall lets nobody to port ${hidden.join(", ")}: \`segmentation open\` does for a while`;
}

/** Every fact of a look that did not come about. */
export function probeUnknown(why: string): Readonly<Record<string, Evidence>> {
  const names = ["ports", fact("strange-ports"), ...TLS_FACTS.map(fact)];
  return Object.fromEntries(names.map((name) => [name, unknown(why)]));
}

function portEvidence(station: Station, ports: ProbeResult["ports"], now: number): Record<string, Evidence> {
  const of = (state: PortState) => ports.flatMap(([port, is]) => is === state ? [port] : []);
  const open = of("open"), blocked = of("blocked");
  if (open.length === 0 && of("closed").length === 0) {
    const why = blocked.length > 0
      ? "the gateway's own firewall lets no look out to it"
      : "no port of it answers: it is away, or something filters";
    return { "ports": unknown(why), [fact("strange-ports")]: unknown(why) };
  }
  const page = pageOf(station)?.port;
  const known = new Set([
    ...knownPorts(station.vendor),
    ...station.tunnelPorts ?? [],
    ...page === undefined ? [] : [page],
  ]);
  return {
    "ports": value(open.join(", ") || "none", now),
    [BLOCKED]: value(blocked.join(", "), now),
    [fact("strange-ports")]: value(open.filter((port) => !known.has(port)).join(", ") || "none", now),
  };
}

function tlsEvidence(tls: ProbeResult["tls"], now: number): Record<string, Evidence> {
  const all = (why: string) => Object.fromEntries(TLS_FACTS.map((name) => [fact(name), unknown(why)]));
  if (!tls) return all("its page is not HTTPS, or none is named in site.yaml");
  const versions = tls.versions.toSorted(); // "1.0" to "1.3" sort as they are
  if (versions.length === 0) return all(tls.isOther ? "its page does not answer as TLS does" : "its page took no TLS");
  return {
    [fact("tls-oldest")]: value(versions[0]!, now),
    [fact("tls-newest")]: value(versions.at(-1)!, now),
    ...certificateEvidence(tls.certificate, now),
  };
}

function certificateEvidence(der: string | undefined, now: number): Record<string, Evidence> {
  const names = ["certificate-days-left", "certificate-version"] as const;
  try {
    if (der === undefined) throw new Error("none was presented that this gateway can read");
    const { notAfter, version } = readCertificate(new Uint8Array(Buffer.from(der, "base64")));
    return {
      [fact(names[0])]: value(String(Math.floor((notAfter - now) / DAY)), now),
      [fact(names[1])]: value(`v${version}`, now),
    };
  } catch (error) {
    return Object.fromEntries(
      names.map((name) => [fact(name), unknown(`its certificate: ${(error as Error).message}`)]),
    );
  }
}

const TLS_FACTS: readonly ProbeFact[] = [
  ...["certificate-days-left", "certificate-version", "tls-newest", "tls-oldest"] as const,
];

/** Ports that the maker names, and are no shells: these are open only by a person's decision. */
function knownPorts(vendor: string | undefined): readonly number[] {
  return vendorPorts(vendor).flatMap(({ port, use, udp }) => udp || use === "maintenance" ? [] : [port]);
}

/** The page of a station, where it stands at the station's own address. */
function pageOf({ ui, address }: Station): { readonly port: number; readonly isTls: boolean } | undefined {
  const url = ui && URL.parse(ui.url);
  if (!url || url.hostname !== address) return undefined;
  const isTls = url.protocol === "https:";
  return { isTls, port: url.port === "" ? isTls ? 443 : 80 : Number(url.port) };
}

const fact = (name: ProbeFact): string => `probe ${name}`;
const value = (text: string, at: number): Evidence => ({ is: "value", value: text, at });
const unknown = (why: string): Evidence => ({ is: "unknown", why });
