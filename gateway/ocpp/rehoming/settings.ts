import { itemsOf, settingOfKey, settingOfVariable } from "../../../policies/ocpp_rehoming.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { UpstreamChange, UpstreamChangeResult, UpstreamNetwork } from "../../core/upstream_api.ts";
import type { OcppFrame } from "../codec.ts";
import type { Answer } from "../effects.ts";
import type { Relay } from "../relay.ts";
import { answerOf, askStation, fieldOf, listOf, payloadWith, rejected, textOf } from "./station_part.ts";

const STATUS: Readonly<Record<UpstreamChangeResult["status"], string>> = {
  accepted: "Accepted",
  reboot: "RebootRequired",
  rejected: "Rejected",
};

/** The key whose value OCPP 1.6 writes as hex digits. */
const HEX_KEY = "authorizationkey";

/** ChangeConfiguration of a key of the CSMS leg: stored by control, never sent to the station. */
export async function changeConfiguration(
  control: Rpc<ControlApi>,
  relay: Relay,
  { payload }: OcppFrame,
): Promise<Answer> {
  const key = fieldOf(payload, "key"), value = textOf(fieldOf(payload, "value"));
  const setting = settingOfKey(key);
  if (!setting) throw new Error("no key of the CSMS leg"); // the judge takes nothing else
  const isHex = textOf(key).trim().toLowerCase() === HEX_KEY ? { isHex: true as const } : {};
  const { results, afterwards } = await change(control, relay, [{ setting, value, ...isHex }]);
  return { payload: { status: STATUS[results[0]!.status] }, ...afterwards };
}

/**
 * SetVariables with at least one variable of the CSMS leg (decision 0064): the station gets its own variables by a call
 * of the gateway, each as it was written; when it answers with an error nothing is set at all, and the CSMS gets that.
 */
export async function setVariables(
  control: Rpc<ControlApi>,
  relay: Relay,
  frame: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const items = itemsOf("SetVariables", frame.payload) ?? [];
  const settings = items.map(settingOfVariable);
  const rest = indexesOf(settings, false), own = indexesOf(settings, true);
  // The bytes belong to the socket: what is passed on is copied before anything is awaited.
  const text = payloadWith(bytes, "setVariableData", rest);
  const others = rest.length === 0 ? [] : await askStation(relay, "SetVariables", text);
  if ("is" in others && others.is !== "result") return answerOf(others);
  const given = "is" in others ? [...listOf(others.payload, "setVariableResult")] : [];
  const isActual = (index: number) => ["", "Actual"].includes(textOf(fieldOf(items[index], "attributeType")));
  const wanted = own.filter(isActual);
  const changes = wanted.map((index) => ({
    setting: settings[index]!,
    value: textOf(fieldOf(items[index], "attributeValue")),
  }));
  const { results, afterwards } = await change(control, relay, changes);
  const mine = new Map(wanted.map((index, at) => [index, results[at]!]));
  const merged = items.map((item, index) => settings[index] ? setResult(item, mine.get(index)) : given.shift());
  return { payload: { setVariableResult: [...merged.filter((one) => one !== undefined), ...given] }, ...afterwards };
}

function setResult(item: unknown, result: UpstreamChangeResult | undefined) {
  const named = namesOf(item);
  if (!result) return { attributeStatus: "NotSupportedAttributeType", ...named };
  const { status, reason } = result;
  const info = status === "rejected" && reason !== undefined
    ? { attributeStatusInfo: { reasonCode: "InvalidValue", additionalInfo: reason.slice(0, 500) } }
    : {};
  return { attributeStatus: STATUS[status], ...info, ...named };
}

/** What names a variable in an answer, as the request named it. */
export function namesOf(item: unknown): Readonly<Record<string, unknown>> {
  const attributeType = fieldOf(item, "attributeType");
  return {
    ...attributeType === undefined ? {} : { attributeType },
    component: fieldOf(item, "component"),
    variable: fieldOf(item, "variable"),
  };
}

/** Positions of the settings of the CSMS leg, or of all others. */
export function indexesOf(settings: readonly unknown[], isOwn: boolean): number[] {
  return settings.flatMap((setting, index) => (setting !== undefined) === isOwn ? [index] : []);
}

/** SetNetworkProfile: a slot is kept when it is the way to the CSMS that the station has already. */
export async function setNetworkProfile(
  control: Rpc<ControlApi>,
  relay: Relay,
  { payload }: OcppFrame,
): Promise<Answer> {
  const { session, version } = relay.options;
  const result = await control.call("upstream.network", { session, network: networkOf(payload) });
  if (result.status !== "rejected") return { payload: { status: "Accepted" } };
  return { payload: rejected(version, "InvalidNetworkConf", result.reason) };
}

function networkOf(payload: unknown): UpstreamNetwork {
  const data = fieldOf(payload, "connectionData");
  const identity = fieldOf(data, "identity"), password = fieldOf(data, "basicAuthPassword");
  const transport = fieldOf(data, "ocppTransport");
  const foreign = fieldOf(data, "vpn") !== undefined
    ? "a VPN"
    : fieldOf(data, "apn") !== undefined
    ? "an access point name"
    : transport !== undefined && transport !== "JSON"
    ? "SOAP"
    : undefined;
  return {
    slot: Number(fieldOf(payload, "configurationSlot") ?? Number.NaN),
    url: textOf(fieldOf(data, "ocppCsmsUrl")),
    securityProfile: Number(fieldOf(data, "securityProfile") ?? Number.NaN),
    ...typeof identity === "string" ? { identity } : {},
    ...typeof password === "string" ? { password } : {},
    ...foreign === undefined ? {} : { foreign },
  };
}

async function change(control: Rpc<ControlApi>, relay: Relay, changes: readonly UpstreamChange[]) {
  if (changes.length === 0) return { results: [], afterwards: {} };
  const { results, choices } = await control.call("upstream.change", { session: relay.options.session, changes });
  return { results, afterwards: choices ? { afterwards: () => useAnew(relay, choices) } : {} };
}

/** What the CSMS set is used from now on: it expects the station to come back with it. */
export function useAnew(relay: Relay, choices: Parameters<NonNullable<typeof relay.options.ways>["take"]>[0]): void {
  relay.options.ways?.take(choices);
  relay.renewUpstream();
}
