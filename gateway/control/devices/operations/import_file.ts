import { hasRepeatedMember } from "../../../ui_proxy/json_members.ts";
import type { DeviceSetting } from "../../../core/device_operations_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/**
 * The settings of a file: what `device download --what configuration` writes, the maker's `params` as JSON, or lines of
 * `Key_module=value`. A setting that comes twice is left in twice: the policy refuses it.
 * @throws GatewayError DEVICE_IMPORT_INVALID
 */
export function readImportFile(text: string): readonly DeviceSetting[] {
  if (text.length > OPERATION_LIMITS.importChars) {
    throw invalid(`it has ${text.length} characters, at most ${OPERATION_LIMITS.importChars}`);
  }
  return text.trimStart().startsWith("{") ? fromJson(text) : fromLines(text);
}

function fromJson(text: string): readonly DeviceSetting[] {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (hasRepeatedMember(text)) throw invalid("a member stands twice in one object, and only one of them would count");
  const { settings, params } = value;
  if (Array.isArray(params)) return params.map(pairOf);
  if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) {
    return Object.entries(settings).map(([key, one]) => [key, plain(key, one)]);
  }
  throw invalid('it has neither "settings" (an object) nor "params" (a list of key and value)');
}

function pairOf(one: unknown, at: number): DeviceSetting {
  const { key, value } = typeof one === "object" && one !== null ? one as Record<string, unknown> : {};
  if (typeof key !== "string") throw invalid(`entry ${at + 1} of "params" has no key`);
  return [key, plain(key, value)];
}

function plain(key: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw invalid(`the value of "${key.slice(0, 64)}" is neither text, number nor true or false`);
}

function fromLines(text: string): readonly DeviceSetting[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (/^\s*(?:#|$)/.test(line)) return [];
    const match = /^\s*([A-Za-z0-9_]{1,64})\s*=(.*)$/.exec(line);
    if (!match) throw invalid(`line ${at + 1} is not Key=value`);
    return [[match[1]!, match[2]!.trim()] as const];
  });
}

function invalid(why: string): GatewayError {
  return new GatewayError("DEVICE_IMPORT_INVALID", `The file of settings cannot be used: ${why}`, {
    hint: "`device download STATION --what configuration --file F` writes one that can",
  });
}
