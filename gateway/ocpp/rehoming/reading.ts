import { itemsOf, settingOfKey, settingOfVariable } from "../../../policies/ocpp_rehoming.ts";
import { NETWORK_COMPONENT_2, type UpstreamSetting } from "../../../policies/ocpp_rehoming_keys.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { UpstreamSettings } from "../../core/upstream_api.ts";
import type { OcppFrame } from "../codec.ts";
import type { Answer } from "../effects.ts";
import type { Relay } from "../relay.ts";
import { indexesOf, namesOf } from "./settings.ts";
import { answerOf, askStation, fieldOf, listOf, payloadText, payloadWith, textOf } from "./station_part.ts";

/** Keys of the security whitepaper: the gateway has them whether or not the station does. */
const OWN_KEYS = ["AuthorizationKey", "CpoName", "SecurityProfile"] as const;
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_KEYS.map((key) => key.toLowerCase()));

/** One key in the answer to GetConfiguration. */
interface ConfigurationKey {
  readonly key: string;
  readonly readonly: boolean;
  readonly value?: string;
}

/** GetConfiguration: keys of the CSMS leg as the CSMS set them, all others as the station answers them. */
export async function getConfiguration(
  control: Rpc<ControlApi>,
  relay: Relay,
  { payload }: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const asked = itemsOf("GetConfiguration", payload) ?? [];
  const isAll = asked.length === 0;
  const rest = asked.flatMap((key, index) => OWN_NAMES.has(plain(key)) ? [] : [index]);
  const text = isAll ? payloadText(bytes) : payloadWith(bytes, "key", rest);
  const isAsked = isAll || rest.length > 0;
  const station = isAsked ? await askStation(relay, "GetConfiguration", text) : undefined;
  if (station && station.is !== "result") return answerOf(station);
  const settings = await control.call("upstream.read", { session: relay.options.session });
  const known = listOf(station?.payload, "configurationKey").map((entry) => {
    const key = fieldOf(entry, "key"), setting = settingOfKey(key);
    return setting ? viewOf(textOf(key), setting, settings) : entry;
  });
  const present = new Set(known.map((entry) => plain(fieldOf(entry, "key"))));
  const wanted = isAll ? OWN_KEYS : asked.filter((key) => OWN_NAMES.has(plain(key))).map(textOf);
  const own = wanted.filter((key) => !present.has(plain(key))).map((key) => viewOf(key, settingOfKey(key)!, settings));
  const unknown = listOf(station?.payload, "unknownKey").filter((key) => !OWN_NAMES.has(plain(key)));
  const configurationKey = [...known, ...own];
  return {
    payload: {
      ...configurationKey.length > 0 ? { configurationKey } : {},
      ...unknown.length > 0 ? { unknownKey: unknown } : {},
    },
  };
}

/** A password is write only: it has no value (OCPP 1.6 security whitepaper, section 4). */
function viewOf(key: string, setting: UpstreamSetting, settings: UpstreamSettings): ConfigurationKey {
  const value = valueOf(setting, settings);
  const isFixed = setting === "network" || setting === "identity" || setting === "active-network";
  return { key, readonly: isFixed, ...value === undefined ? {} : { value } };
}

function valueOf(setting: UpstreamSetting, settings: UpstreamSettings): string | undefined {
  switch (setting) {
    case "password":
      return undefined;
    case "profile":
      return String(settings.profile);
    case "organization":
      return settings.organization;
    case "identity":
      return settings.identity;
    case "priority":
      return settings.priority;
    case "active-network":
      return String(settings.activeSlot);
    case "network":
      return settings.url;
  }
}

/** GetVariables with at least one variable of the CSMS leg: as GetConfiguration. */
export async function getVariables(
  control: Rpc<ControlApi>,
  relay: Relay,
  { payload }: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const items = itemsOf("GetVariables", payload) ?? [];
  const own = items.map(settingOfVariable);
  const rest = indexesOf(own, false);
  const text = payloadWith(bytes, "getVariableData", rest);
  const station = rest.length === 0 ? undefined : await askStation(relay, "GetVariables", text);
  if (station && station.is !== "result") return answerOf(station);
  const settings = await control.call("upstream.read", { session: relay.options.session });
  const given = [...listOf(station?.payload, "getVariableResult")];
  const merged = items.map((item, index) => own[index] ? variableOf(item, own[index], settings) : given.shift());
  return { payload: { getVariableResult: [...merged.filter((one) => one !== undefined), ...given] } };
}

function variableOf(item: unknown, setting: UpstreamSetting, settings: UpstreamSettings) {
  const named = namesOf(item);
  if (!["", "Actual"].includes(textOf(fieldOf(item, "attributeType")))) {
    return { attributeStatus: "NotSupportedAttributeType", ...named };
  }
  if (setting === "password") return { attributeStatus: "Rejected", ...named }; // write only
  const value = setting === "network" ? networkVariable(item, settings) : valueOf(setting, settings);
  if (value === undefined) return { attributeStatus: "UnknownVariable", ...named };
  return { attributeStatus: "Accepted", attributeValue: value, ...named };
}

/** A variable of OCPP 2.1's NetworkConfiguration, of which the gateway knows the active one. */
function networkVariable(item: unknown, settings: UpstreamSettings): string | undefined {
  if (plain(fieldOf(fieldOf(item, "component"), "name")) !== NETWORK_COMPONENT_2) return settings.url;
  switch (plain(fieldOf(fieldOf(item, "variable"), "name"))) {
    case "ocppcsmsurl":
      return settings.url;
    case "securityprofile":
      return String(settings.profile);
    case "identity":
      return settings.identity;
    default:
      return undefined;
  }
}

const plain = (value: unknown): string => textOf(value).split("\0", 1)[0]!.trim().toLowerCase();
