import { markFirmware, type MarkingImage } from "../../policies/firmware_mark.ts";
import { protocolFor } from "../../policies/firmware_grant.ts";
import type { Evidence } from "../../policies/posture_types.ts";
import { FIRMWARE_FLOORS } from "../../profiles/firmware_floors.ts";
import { isPrivate } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Station } from "../inventory/config.ts";
import type { Facts } from "../inventory/station_facts.ts";

/** What is known of one station without asking it. */
export interface StationKnowledge {
  readonly station: Station;
  readonly site: Site;
  /** All stations, for those of the same unit. */
  readonly stations: readonly Station[];
  readonly facts: Facts;
  /** It has no password but that of its factory (A00.FR.806). */
  readonly hasFactoryPassword: boolean;
  /** Security profile that its last session proved; absent: it has none now. */
  readonly provenProfile?: number | undefined;
  /** Seconds that its clock is ahead of the box's. */
  readonly clockOffsetSeconds?: number | undefined;
  /** It has told of a security event at least once. */
  readonly tellsSecurityEvents: boolean;
  /** Verified images of the vault. */
  readonly images: readonly MarkingImage[];
  /** Ways into its controller if the password is lost; absent: the site keeps no vault of secrets. */
  readonly recoveryOptions?: number | undefined;
  /** Advisories about it; absent: none was imported into this gateway. */
  readonly advisories?: { readonly affected: readonly string[]; readonly possible: readonly string[] } | undefined;
}

type Reader = (known: StationKnowledge) => string | { readonly unknown: string };

/** Facts that guides may ask for, in `inventory` checks. Each says how it is found out; docs/posture.md lists them. */
const FACTS: Readonly<Record<string, Reader>> = {
  "address-scope": ({ station: { address } }) => {
    if (address === undefined) return unknown("site.yaml names no address of it");
    return isPrivate(address) ? "private" : "public";
  },
  "advisories": ({ advisories }) => {
    if (!advisories) return unknown("no advisory was imported yet: `posture advisory import`");
    const { affected, possible } = advisories;
    if (affected.length > 0) return affected.slice(0, 5).join(", ");
    return possible.length > 0 ? unknown(`it may be affected by ${possible.slice(0, 5).join(", ")}`) : "none";
  },
  "clock-offset-seconds": ({ clockOffsetSeconds: offset }) =>
    offset === undefined ? unknown("no message has told its time yet") : String(Math.abs(Math.round(offset))),
  "csms-transport": ({ station, site }) => {
    const csms = site.ocpp?.csms.find(({ id }) => id === station.ocpp?.csms);
    return csms ? new URL(csms.url).protocol.replace(":", "") : unknown("it has no CSMS");
  },
  "dhcp": ({ site }) => site.dhcp?.mode ?? "off",
  "dns": ({ site }) => site.dns === undefined ? "off" : "on",
  "factory-credential": ({ hasFactoryPassword }) => hasFactoryPassword ? "on" : "off",
  "file-transport": ({ station, facts, site }) => {
    if (site.firmware?.listen === undefined) return unknown("this gateway serves no firmware");
    const model = station.model ?? facts["model"];
    const told = { ...station.vendor ? { vendor: station.vendor } : {}, ...typeof model === "string" ? { model } : {} };
    return protocolFor(told, site.firmware.exceptions);
  },
  "firmware": ({ facts }) => firmwareOf(facts) ?? unknown("it has not told its firmware version yet"),
  "firmware-state": (known) => {
    const version = firmwareOf(known.facts), controller = controllerOf(known);
    if (version === undefined) return unknown("it has not told its firmware version yet");
    const { mark, newer } = markFirmware(controller, FIRMWARE_FLOORS, known.images);
    if (mark === "vulnerable" || newer !== undefined) return mark;
    // without an image to compare with, "nothing known speaks against it" is no proof that it is the newest
    return known.images.some(({ vendor }) => vendor === known.station.vendor)
      ? "current"
      : unknown("the vault has no verified image of its vendor to compare with");
  },
  "known-weaknesses": (known) => {
    if (firmwareOf(known.facts) === undefined) return unknown("it has not told its firmware version yet");
    const { floors } = markFirmware(controllerOf(known), FIRMWARE_FLOORS, []);
    return floors.length === 0 ? "none" : floors.map(({ advisory }) => advisory).join(", ");
  },
  "mac": ({ station }) => station.mac === undefined ? "off" : "on",
  "old-pages": ({ station }) => station.ui?.oldPages ?? "unreachable",
  "page-transport": ({ station: { ui } }) => {
    if (!ui) return "none";
    if (!ui.url.startsWith("https:")) return "http";
    return ui.pinFile === undefined ? "https" : "https-pinned";
  },
  "pair": ({ station, stations }) =>
    station.unit !== undefined && stations.some(({ id, unit }) => id !== station.id && unit === station.unit)
      ? "pair"
      : "none",
  "recovery-options": ({ recoveryOptions }) =>
    recoveryOptions === undefined ? unknown("this site keeps no vault of device secrets") : String(recoveryOptions),
  "security-events": ({ tellsSecurityEvents }) =>
    tellsSecurityEvents ? "on" : unknown("it has told of no security event yet: it may not know how"),
  "security-profile": ({ station, provenProfile }) =>
    station.ocpp ? String(provenProfile ?? station.ocpp.securityProfile) : unknown("it has no OCPP connection"),
  "segmentation": ({ site }) => site.segmentation === undefined ? "off" : "on",
  "validation": ({ station }) => station.ocpp?.validation ?? unknown("it has no OCPP connection"),
};

/** Names of the facts, for docs and for the test that no guide asks for another one. */
export const STATION_FACTS = Object.keys(FACTS);

/** One fact of a station, as of now. */
export function stationEvidence(fact: string, known: StationKnowledge, now: number): Evidence {
  const reader = Object.hasOwn(FACTS, fact) ? FACTS[fact] : undefined;
  if (!reader) return { is: "unknown", why: `this gateway knows no fact "${fact}"` };
  const found = reader(known);
  return typeof found === "string" ? { is: "value", value: found, at: now } : { is: "unknown", why: found.unknown };
}

function firmwareOf(facts: Facts): string | undefined {
  const version = facts["firmwareVersion"];
  return typeof version === "string" && version !== "" ? version : undefined;
}

/** What it says of itself counts before what people wrote: an OEM brand runs the maker's firmware. */
function controllerOf({ station, facts }: StationKnowledge) {
  const version = firmwareOf(facts);
  return {
    ...station.vendor === undefined ? {} : { vendor: station.vendor },
    ...station.model === undefined ? {} : { model: station.model },
    ...version === undefined ? {} : { version },
  };
}

const unknown = (why: string): { readonly unknown: string } => ({ unknown: why });
