import type { Json, StationCallAnswer } from "../../core/control_api.ts";

/** OCPP versions as stations speak them. */
export type Version = "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";

/** One CALL to a station. */
export interface Ask {
  readonly action: string;
  readonly payload: Json;
}

/** What an answer means for a climb. "reboot": accepted, in force after a reset. */
export type Reading =
  | { readonly is: "accepted" }
  | { readonly is: "reboot" }
  | { readonly is: "refused"; readonly why: string }
  | { readonly is: "unsupported"; readonly why: string };

/** Reads `status` of an answer, or of the only result of SetVariables. A CALLERROR is "unsupported" where it says so. */
export function readAnswer(answer: Exclude<StationCallAnswer, { readonly noAnswer: string }>): Reading {
  if ("error" in answer) {
    const { code, description } = answer.error;
    const why = `CALLERROR ${code.slice(0, 40)} ${description.slice(0, 100)}`.trim();
    return /^Not(Implemented|Supported)$/.test(code) ? { is: "unsupported", why } : { is: "refused", why };
  }
  const [variable] = list(field(answer.result, "setVariableResult"));
  const status = String(field(variable, "attributeStatus") ?? field(answer.result, "status") ?? "nothing");
  switch (status) {
    case "Accepted":
    case "Scheduled":
      return { is: "accepted" };
    case "RebootRequired":
      return { is: "reboot" };
    case "NotImplemented":
    case "NotSupported":
    case "NotSupportedAttributeType":
    case "UnknownComponent":
    case "UnknownVariable":
      return { is: "unsupported", why: `it answered ${status}` };
    default:
      return { is: "refused", why: `it answered ${status.slice(0, 40)}` };
  }
}

const is16 = (version: Version): boolean => version === "ocpp1.6";
const configure = (key: string, value: string): Ask => ({ action: "ChangeConfiguration", payload: { key, value } });
const set = (component: string, name: string, attributeValue: string): Ask => ({
  action: "SetVariables",
  payload: { setVariableData: [{ component: { name: component }, variable: { name }, attributeValue }] },
});
const get = (component: string, name: string): Ask => ({
  action: "GetVariables",
  payload: { getVariableData: [{ component: { name: component }, variable: { name } }] },
});

/** M05: the root certificate that the listener's certificate chains to. */
export function installRoot(version: Version, certificate: string): Ask {
  const certificateType = is16(version) ? "CentralSystemRootCertificate" : "CSMSRootCertificate";
  return { action: "InstallCertificate", payload: { certificateType, certificate } };
}

/** A01: the Basic password, 40 hex digits. */
export function setPassword(version: Version, password: string): Ask {
  return is16(version) ? configure("AuthorizationKey", password) : set("SecurityCtrlr", "BasicAuthPassword", password);
}

/** OCPP 1.6: the vendor's key for the address of the CSMS. */
export const setAddress = (key: string, url: string): Ask => configure(key, url);

/** OCPP 1.6: what a configuration key holds now. */
export const readKey = (key: string): Ask => ({ action: "GetConfiguration", payload: { key: [key] } });

/** The value in the answer to `readKey`; undefined when the station knows no such key. */
export function keyValue(result: Json, key: string): string | undefined {
  const found = list(field(result, "configurationKey")).find((item) =>
    String(field(item, "key")).toLowerCase() === key.toLowerCase()
  );
  const value = field(found, "value");
  return typeof value === "string" ? value : undefined;
}

/** OCPP 1.6, A05: the profile itself; the station reconnects with it. */
export const setProfile16 = (profile: number): Ask => configure("SecurityProfile", String(profile));

/** OCPP 2.x, B09: how to connect, stored in a slot; in force when the priority names it. */
export function setNetworkProfile(version: Version, slot: number, url: string, securityProfile: number): Ask {
  return {
    action: "SetNetworkProfile",
    payload: {
      configurationSlot: slot,
      connectionData: {
        ocppVersion: version === "ocpp2.1" ? "OCPP21" : "OCPP20",
        ocppTransport: "JSON",
        ocppCsmsUrl: url,
        messageTimeout: 30,
        securityProfile,
        ocppInterface: "Wired0",
      },
    },
  };
}

/** OCPP 2.x: the order in which the slots are tried; those behind the first are its way back. */
export const setPriority = (slots: string): Ask => set("OCPPCommCtrlr", "NetworkConfigurationPriority", slots);
/** OCPP 2.x: the order now. */
export const readPriority: Ask = get("OCPPCommCtrlr", "NetworkConfigurationPriority");

/** The value of the only variable in the answer to GetVariables; undefined when the station does not have it. */
export function variableValue(result: Json): string | undefined {
  const [first] = list(field(result, "getVariableResult"));
  const value = field(first, "attributeValue");
  return field(first, "attributeStatus") === "Accepted" && typeof value === "string" ? value : undefined;
}

/** A slot that is not in use, and the order with it in front. */
export function nextSlot(priority: string | undefined): { readonly slot: number; readonly priority: string } {
  const used = (priority ?? "").split(",").map((part) => Number(part.trim())).filter((slot) => Number.isInteger(slot));
  const kept = used.filter((slot) => slot > 0);
  const slot = [1, 2, 3].find((free) => !kept.includes(free)) ?? Math.max(...kept) + 1;
  return { slot, priority: [slot, ...kept].join(",") };
}

/** Restarts the station so that a new profile is used: when nothing charges. */
export function reset(version: Version): Ask {
  return { action: "Reset", payload: { type: is16(version) ? "Soft" : "OnIdle" } };
}

/** A02: asks the station for a signing request. */
export function triggerSigning(version: Version): Ask {
  return is16(version)
    ? { action: "ExtendedTriggerMessage", payload: { requestedMessage: "SignChargePointCertificate" } }
    : { action: "TriggerMessage", payload: { requestedMessage: "SignChargingStationCertificate" } };
}

/** Asks for the status of all connectors, or of one EVSE where 2.x wants it named. */
export function triggerStatus(version: Version): Ask {
  const requestedMessage = "StatusNotification";
  const evse = { id: 1, connectorId: 1 };
  return { action: "TriggerMessage", payload: is16(version) ? { requestedMessage } : { requestedMessage, evse } };
}

/** The signing request in a SignCertificate of the station; undefined when it is for another certificate. */
export function readSignCertificate(payload: Json): { readonly csr: string; readonly requestId?: number } | undefined {
  const type = field(payload, "certificateType"), csr = field(payload, "csr"), requestId = field(payload, "requestId");
  if (type !== undefined && type !== "ChargingStationCertificate") return undefined;
  if (typeof csr !== "string") return undefined;
  return typeof requestId === "number" ? { csr, requestId } : { csr };
}

/** A02: the certificate, leaf first. */
export function certificateSigned(version: Version, certificateChain: string, requestId?: number): Ask {
  return {
    action: "CertificateSigned",
    payload: {
      certificateChain,
      ...is16(version) ? {} : { certificateType: "ChargingStationCertificate" },
      ...version === "ocpp2.1" && requestId !== undefined ? { requestId } : {},
    },
  };
}

/** Something harmless that every station answers: proves that messages pass both ways on the new connection. */
export function ping(version: Version): Ask {
  return is16(version) ? readKey("SecurityProfile") : get("SecurityCtrlr", "SecurityProfile");
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];
