import { hasRepeatedMember, type JsonLeaf, jsonLeaves } from "./json_members.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

/** Why parameters cannot be judged, and so the request not sent on. */
export interface ParameterRefusal {
  readonly status: 400 | 413 | 415;
  readonly rule: string;
}

/** Names and values as a device may read them. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/**
 * The parameters of a query or a form body. What is read differently by different programs is refused: broken
 * encodings, bytes that are no UTF-8, and ";", which old programs take for "&".
 */
export function readForm(text: string): Parameters | ParameterRefusal {
  if (text === "") return [];
  if (/[;\s\0]/.test(text)) return refuse(400, "form");
  const parts = text.split("&").filter((part) => part !== "");
  if (parts.length > UI_PROXY_LIMITS.parameters) return refuse(413, "count");
  try {
    return parts.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [decode(part), ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
  } catch (_noUtf8) {
    return refuse(400, "form");
  }
}

/**
 * The parameters of a body that writes settings, by its type; any other type is refused, since nobody could judge it.
 * @param body at most UI_PROXY_LIMITS.judgedBodyBytes; the caller stops reading there
 */
export function readBody(type: string | undefined, body: Uint8Array): Parameters | ParameterRefusal {
  if (body.length === 0) return [];
  if (body.length > UI_PROXY_LIMITS.judgedBodyBytes) return refuse(413, "bytes");
  const kind = (type ?? "").split(";", 1)[0]!.trim().toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type ?? "")?.[1]?.toLowerCase() ?? "utf-8";
  if (charset !== "utf-8" && charset !== "us-ascii") return refuse(415, "type");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch (_noUtf8) {
    return refuse(400, "form");
  }
  if (kind === "application/x-www-form-urlencoded") return readForm(text);
  return kind === "application/json" ? readJson(text) : refuse(415, "type");
}

function readJson(text: string): readonly JsonLeaf[] | ParameterRefusal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (_noJson) {
    return refuse(400, "json");
  }
  if (hasRepeatedMember(text)) return refuse(400, "repeated");
  return jsonLeaves(value, UI_PROXY_LIMITS.parameters, UI_PROXY_LIMITS.jsonDepth) ?? refuse(413, "count");
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function refuse(status: ParameterRefusal["status"], rule: string): ParameterRefusal {
  return { status, rule: `ui.parameters.${rule}` };
}
