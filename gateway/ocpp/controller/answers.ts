import type { Answer } from "../effects.ts";
import type { OcppVersion } from "../codec.ts";

/** What the gateway says of itself as a station without EVSEs. */
export interface ControllerFacts {
  readonly version: OcppVersion;
  readonly model: string;
  readonly firmwareVersion: string;
  readonly heartbeatSeconds: number;
}

/** An answer, and messages that follow it. */
export interface ControllerAnswer {
  readonly answer: Answer;
  readonly then?: readonly { readonly action: string; readonly payload: unknown }[];
}

const VENDOR = "Bulkhead";

/** The BootNotification of the gateway itself (OCPP 2.0.1 Part 1 section 8.3). */
export function bootPayload({ version, model, firmwareVersion }: ControllerFacts): unknown {
  return version === "ocpp1.6"
    ? { chargePointVendor: VENDOR, chargePointModel: model, firmwareVersion }
    : { reason: "PowerUp", chargingStation: { vendorName: VENDOR, model, firmwareVersion } };
}

/** The answer to a CALL of the CSMS that fits its schema. What a controller cannot do is refused in its own words. */
export function answerCsms(action: string, payload: unknown, facts: ControllerFacts, now: string): ControllerAnswer {
  return facts.version === "ocpp1.6" ? answer16(action, payload, facts) : answer2(action, payload, facts, now);
}

/** Whether a CALL is about images that are published here, or about how far they are. */
export function isAboutPublishing(action: string, payload: unknown): boolean {
  if (action === "TriggerMessage") return field(payload, "requestedMessage") === "PublishFirmwareStatusNotification";
  return action === "PublishFirmware" || action === "UnpublishFirmware";
}

const status = (value: string): ControllerAnswer => ({ answer: { payload: { status: value } } });

/** A station without connectors: nothing to start, to lock or to reserve. */
function answer16(action: string, payload: unknown, facts: ControllerFacts): ControllerAnswer {
  switch (action) {
    case "GetConfiguration":
      return { answer: { payload: configuration(field(payload, "key"), facts) } };
    case "ChangeConfiguration":
      return status("NotSupported");
    case "TriggerMessage":
      return triggered(field(payload, "requestedMessage"), facts);
    case "ClearCache":
    case "ChangeAvailability":
    case "RemoteStartTransaction":
    case "RemoteStopTransaction":
    case "Reset":
      return status("Rejected");
    default:
      return unsupported(action);
  }
}

function answer2(action: string, payload: unknown, facts: ControllerFacts, now: string): ControllerAnswer {
  switch (action) {
    case "GetBaseReport":
      return { ...status("Accepted"), then: [{ action: "NotifyReport", payload: report(payload, facts, now) }] };
    case "GetReport":
      return status("EmptyResultSet");
    case "GetVariables":
      return { answer: { payload: { getVariableResult: list(field(payload, "getVariableData")).map(read(facts)) } } };
    case "SetVariables":
      return { answer: { payload: { setVariableResult: list(field(payload, "setVariableData")).map(write(facts)) } } };
    case "TriggerMessage":
      return triggered(field(payload, "requestedMessage"), facts);
    case "ChangeAvailability":
    case "ClearCache":
    case "Reset":
    case "RequestStartTransaction":
    case "RequestStopTransaction":
      return status("Rejected");
    default:
      return unsupported(action);
  }
}

function unsupported(action: string): ControllerAnswer {
  return { answer: { code: "NotSupported", description: `A Local Controller does not do ${action}` } };
}

function triggered(asked: unknown, facts: ControllerFacts): ControllerAnswer {
  if (asked === "Heartbeat") return { ...status("Accepted"), then: [{ action: "Heartbeat", payload: {} }] };
  if (asked !== "BootNotification") return status("NotImplemented");
  return { ...status("Accepted"), then: [{ action: "BootNotification", payload: bootPayload(facts) }] };
}

function configuration(asked: unknown, facts: ControllerFacts): unknown {
  const all = [
    { key: "HeartbeatInterval", readonly: true, value: String(facts.heartbeatSeconds) },
    { key: "NumberOfConnectors", readonly: true, value: "0" },
    { key: "SupportedFeatureProfiles", readonly: true, value: "Core" },
  ];
  const keys = list(asked).map(String);
  if (keys.length === 0) return { configurationKey: all };
  const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  return {
    configurationKey: all.filter(({ key }) => keys.some((wanted) => same(wanted, key))),
    unknownKey: keys.filter((wanted) => !all.some(({ key }) => same(wanted, key))),
  };
}

/** What it has to report: [component, variable, value]. */
function variables({ heartbeatSeconds, model }: ControllerFacts): readonly (readonly [string, string, string])[] {
  return [
    ["ChargingStation", "Model", model],
    ["ChargingStation", "VendorName", VENDOR],
    ["OCPPCommCtrlr", "HeartbeatInterval", String(heartbeatSeconds)],
  ];
}

function report(payload: unknown, facts: ControllerFacts, generatedAt: string): unknown {
  const reportData = variables(facts).map(([component, variable, value]) => ({
    component: { name: component },
    variable: { name: variable },
    variableAttribute: [{ type: "Actual", value, mutability: "ReadOnly" }],
  }));
  return { requestId: field(payload, "requestId"), generatedAt, seqNo: 0, tbc: false, reportData };
}

/** Its own entry for the component and variable of a request item, names compared without case as the standard wants. */
function find(item: unknown, facts: ControllerFacts) {
  const name = (what: "component" | "variable") => String(field(field(item, what), "name")).toLowerCase();
  const ofComponent = variables(facts).filter(([component]) => component.toLowerCase() === name("component"));
  return {
    knows: ofComponent.length > 0,
    found: ofComponent.find(([, one]) => one.toLowerCase() === name("variable")),
  };
}

const named = (item: unknown) => ({ component: field(item, "component"), variable: field(item, "variable") });

function read(facts: ControllerFacts) {
  return (item: unknown) => {
    const { knows, found } = find(item, facts);
    if (found) return { attributeStatus: "Accepted", attributeValue: found[2], ...named(item) };
    return { attributeStatus: knows ? "UnknownVariable" : "UnknownComponent", ...named(item) };
  };
}

function write(facts: ControllerFacts) {
  return (item: unknown) => {
    const { knows, found } = find(item, facts);
    return { attributeStatus: found ? "Rejected" : knows ? "UnknownVariable" : "UnknownComponent", ...named(item) };
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];
