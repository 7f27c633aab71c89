import { Buffer } from "node:buffer";
import type {
  UpstreamChange,
  UpstreamChangeResult,
  UpstreamNetwork,
  UpstreamSettings,
} from "../../core/upstream_api.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { UpstreamCredential, UpstreamRecord } from "./upstream_record.ts";

/** What a change is judged by. */
export interface ChangeFacts {
  readonly stationId: string;
  /** URL of the CSMS in site.yaml. */
  readonly url: string;
  /** Security profile that the configured leg shows. */
  readonly configuredProfile: 0 | 1 | 2 | 3;
  /** Organization when the CSMS named none. */
  readonly organization: string;
  /** Wall milliseconds. */
  readonly now: number;
}

/** A judged change with the record as it is afterwards. */
export interface Changed {
  readonly record: UpstreamRecord;
  readonly result: UpstreamChangeResult;
  /** The leg shows something else from its next opening on. */
  readonly isNewCredential?: true;
}

/** The credential that counts: what was set last, proven or not. */
function latest(record: UpstreamRecord, { configuredProfile, now }: ChangeFacts): UpstreamCredential {
  const profile = configuredProfile === 0 ? 1 : configuredProfile;
  return record.fresh ?? record.kept ?? { profile, at: now };
}

/** The security profile that the CSMS set last, or else found. */
export function latestProfile(record: UpstreamRecord, facts: ChangeFacts): number {
  return (record.fresh ?? record.kept)?.profile ?? facts.configuredProfile;
}

/**
 * One change that a CSMS asks for its leg of one station, judged as a station would (OCPP 1.6 security whitepaper A01 and
 * A05, OCPP 2.0.1 A01, B09, B10). Pure; what is not accepted leaves the record as it is.
 */
export function changeUpstream(record: UpstreamRecord, change: UpstreamChange, facts: ChangeFacts): Changed {
  switch (change.setting) {
    case "password":
      return changePassword(record, change, facts);
    case "profile":
      return changeProfile(record, change.value, facts);
    case "organization":
      return changeOrganization(record, change.value);
    case "priority":
      return changePriority(record, change.value, facts);
    case "identity":
      if (change.value === facts.stationId) return { record, result: ACCEPTED };
      return rejected(record, "a station keeps its identity; another one is another entry in site.yaml");
    case "active-network":
      return rejected(record, "this is read only");
    case "network":
      if (change.value.startsWith("ws") && isSameWay(change.value, facts)) return { record, result: ACCEPTED };
      return rejected(record, "the way to the CSMS is `ocpp.csms` in site.yaml");
  }
}

const ACCEPTED: UpstreamChangeResult = Object.freeze({ status: "accepted" });
const AT_REBOOT: UpstreamChangeResult = Object.freeze({ status: "reboot" });

function rejected(record: UpstreamRecord, reason: string): Changed {
  return { record, result: { status: "rejected", reason } };
}

function changePassword(record: UpstreamRecord, { value, isHex }: UpstreamChange, facts: ChangeFacts): Changed {
  const { passwordBytesMin: min, passwordBytesMax: max } = UPSTREAM_LIMITS;
  const base = latest(record, facts);
  if (base.profile === 3) return rejected(record, "security profile 3 is in force, which has no password");
  const text = Buffer.from(value);
  if (text.length < min || text.length > max) {
    return rejected(record, `the password has ${text.length} bytes: ${min} to ${max} are wanted`);
  }
  const { passwordAsText: _superseded, ...rest } = base;
  // The key travels as hex digits; whether they or their bytes are the password, CSMSs disagree about (Q7).
  const bytes = isHex && /^([0-9a-fA-F]{2}){16,20}$/.test(value) ? Buffer.from(value, "hex") : undefined;
  const fresh: UpstreamCredential = {
    ...rest,
    password: (bytes ?? text).toString("base64"),
    ...bytes ? { passwordAsText: text.toString("base64") } : {},
    at: facts.now,
  };
  return { record: { ...record, fresh }, result: ACCEPTED, isNewCredential: true };
}

function changeProfile(record: UpstreamRecord, value: string, facts: ChangeFacts): Changed {
  const fault = faultOfProfile(record, value.trim(), facts);
  if (fault !== undefined) return rejected(record, fault);
  const profile = Number(value) as 1 | 2 | 3;
  if (profile === latestProfile(record, facts)) return { record, result: ACCEPTED };
  const { certificate, ...rest } = record;
  const base = latest(record, facts);
  const own = profile === 3 ? certificate ?? base.certificate : undefined;
  const fresh: UpstreamCredential = { ...base, profile, ...own ? { certificate: own } : {}, at: facts.now };
  return { record: { ...rest, fresh }, result: ACCEPTED, isNewCredential: true };
}

/** Why a profile cannot be the next one (A05.FR.01 to 09: never lower, and only with what it needs). */
function faultOfProfile(record: UpstreamRecord, value: string, facts: ChangeFacts): string | undefined {
  if (!/^[0-3]$/.test(value)) return `"${value.slice(0, 20)}" is no security profile`;
  const wanted = Number(value), now = latestProfile(record, facts);
  if (wanted === now) return undefined;
  if (wanted < now) return `security profile ${now} is in force and is never lowered`;
  const isTls = facts.url.startsWith("wss:");
  if (wanted >= 2 && !isTls) return "the way to the CSMS has no TLS: its URL in site.yaml begins with ws:";
  if (wanted === 1 && isTls) return "the way to the CSMS has TLS";
  if (wanted === 3 && !record.certificate) return "no certificate was signed for this station's CSMS leg yet";
  return undefined;
}

function changeOrganization(record: UpstreamRecord, value: string): Changed {
  const { organizationChars } = UPSTREAM_LIMITS;
  // deno-lint-ignore no-control-regex
  if (value.trim() === "" || value.length > organizationChars || /[\x00-\x1f\x7f]/.test(value)) {
    return rejected(record, `an organization of 1 to ${organizationChars} plain characters is wanted`);
  }
  return { record: { ...record, organization: value }, result: ACCEPTED };
}

function changePriority(record: UpstreamRecord, value: string, facts: ChangeFacts): Changed {
  const slots = value.split(",").map((slot) => slot.trim());
  const unknown = slots.find((slot) => !slotOf(record, slot, facts));
  if (unknown !== undefined) return rejected(record, `no network profile is in slot "${unknown.slice(0, 20)}"`);
  const { profile, password } = slotOf(record, slots[0]!, facts)!;
  const raised = changeProfile(record, String(profile), facts);
  if (raised.result.status === "rejected") return { ...raised, record };
  const set = password === undefined ? undefined : fromSlot(raised.record, password, facts);
  if (set?.result.status === "rejected") return { ...set, record };
  const isNew = raised.isNewCredential ?? set?.isNewCredential;
  const next = { ...(set ?? raised).record, priority: slots.join(",") };
  return { record: next, result: AT_REBOOT, ...isNew ? { isNewCredential: true } : {} };
}

function fromSlot(record: UpstreamRecord, password: string, facts: ChangeFacts): Changed {
  const value = Buffer.from(password, "base64").toString("utf8");
  return changePassword(record, { setting: "password", value }, facts);
}

/** A slot as set; the first one is the way in force when nobody set it. */
function slotOf(record: UpstreamRecord, slot: string, facts: ChangeFacts) {
  const set = record.slots?.[slot];
  if (set) return set;
  return slot === "1" ? { url: facts.url, profile: latestProfile(record, facts), password: undefined } : undefined;
}

/** SetNetworkProfile: kept when it is the way that this station has to its CSMS already, as high or higher. */
export function setNetwork(record: UpstreamRecord, network: UpstreamNetwork, facts: ChangeFacts): Changed {
  const { slot, url, securityProfile, identity, password, foreign } = network;
  const slots = record.slots ?? {};
  if (foreign !== undefined) return rejected(record, `the gateway reaches a CSMS without ${foreign}`);
  if (!Number.isInteger(slot) || slot < 0 || slot > 1_000_000) return rejected(record, "the slot is no number");
  if (!(slot in slots) && Object.keys(slots).length >= UPSTREAM_LIMITS.networkSlots) {
    return rejected(record, `${UPSTREAM_LIMITS.networkSlots} slots are in use`);
  }
  if (identity !== undefined && identity !== facts.stationId) return rejected(record, "a station keeps its identity");
  if (!isSameWay(url, facts)) return rejected(record, "the way to the CSMS is `ocpp.csms` in site.yaml");
  const fault = faultOfProfile(record, String(securityProfile), facts);
  if (fault !== undefined) return rejected(record, fault);
  const secret = password === undefined ? {} : { password: Buffer.from(password).toString("base64") };
  const set = { url, profile: securityProfile, ...secret };
  return { record: { ...record, slots: { ...slots, [String(slot)]: set } }, result: ACCEPTED };
}

/** Whether a URL is that of the CSMS, with or without the station's id at its end. */
function isSameWay(url: string, { url: configured, stationId }: ChangeFacts): boolean {
  const plain = (text: string): string | undefined => {
    try {
      const { protocol, host, pathname, search, username } = new URL(text);
      if (search !== "" || username !== "") return undefined;
      // Looked for once in each run of slashes: a URL of 256 KB of them held control up for half a minute.
      return `${protocol}//${host}${pathname.replace(/(?<!\/)\/+$/, "")}`;
    } catch {
      return undefined; // what is no URL is no way
    }
  };
  const wanted = plain(configured), asked = plain(url);
  return asked !== undefined && (asked === wanted || asked === `${wanted}/${encodeURIComponent(stationId)}`);
}

/** What the CSMS sees when it reads the settings of its leg. */
export function readUpstream(record: UpstreamRecord, facts: ChangeFacts): UpstreamSettings {
  const priority = record.priority ?? "1";
  return {
    identity: facts.stationId,
    organization: record.organization ?? facts.organization,
    profile: latestProfile(record, facts),
    url: facts.url,
    priority,
    activeSlot: Number(priority.split(",")[0]),
  };
}
