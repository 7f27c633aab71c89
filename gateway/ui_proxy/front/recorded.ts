import { type RecordedField, recordFields } from "../../../policies/recorded_field.ts";
import type { ClassifiedPage } from "../../../policies/device_page.ts";
import type { DeviceSession } from "../../core/device_api.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { RequestHead } from "../request_head.ts";
import type { Parameters } from "../request_parameters.ts";
import { isRead } from "./judge.ts";

/** Whether a body is read whole for the recording alone: a short form of a session that is recorded (`people.recordings`). */
export function recordsBody(
  session: Pick<DeviceSession, "recorded">,
  { method, bodyLength, fields }: Pick<RequestHead, "bodyLength" | "fields" | "method">,
): boolean {
  if (session.recorded !== true || isRead(method)) return false;
  const isShort = typeof bodyLength === "number" && bodyLength <= UI_PROXY_LIMITS.judgedBodyBytes;
  const [type = ""] = fields.get("content-type") ?? [];
  return isShort && /^(?:application\/(?:x-www-form-urlencoded|json)|multipart\/form-data)\b/i.test(type);
}

/**
 * The fields of a form as a recording keeps them, secrets masked before they leave this Worker. Settings are named as the
 * driver's table names them, which knows which of them are secrets. Undefined where nothing is recorded.
 */
export function recordedFields(
  session: Pick<DeviceSession, "recorded">,
  method: string,
  { settings }: Pick<ClassifiedPage, "settings">,
  parameters: Parameters,
): readonly RecordedField[] | undefined {
  if (session.recorded !== true || isRead(method)) return undefined;
  if (settings.length === 0) return recordFields(parameters.map(([name, value]) => ({ name, value })));
  return recordFields(
    settings.map(([{ key, secret }, value]) => ({ name: key, value, ...secret ? { isSecret: true } : {} })),
  );
}
