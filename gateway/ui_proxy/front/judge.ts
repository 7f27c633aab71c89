import type { Decision } from "../../../policies/decision.ts";
import { type ClassifiedPage, classifyPage, decidePage, matchesPath } from "../../../policies/device_page.ts";
import type { RecordedField } from "../../../policies/recorded_field.ts";
import { judgePatches } from "../../../policies/page_patch.ts";
import type { DeviceSession } from "../../core/device_api.ts";
import type { Driver } from "../drivers/driver.ts";
import { type ParameterRefusal, type Parameters, readBody, readForm } from "../request_parameters.ts";
import type { RequestTarget } from "../request_target.ts";
import type { WorkerDevice } from "../worker_config.ts";

/** A request up to its body. */
export interface JudgedHead {
  readonly method: string;
  readonly target: RequestTarget;
  readonly webSocket: boolean;
}

/** Whether a body has to be read before anything of the request goes on: it may write settings, or hit a known hole. */
export function needsBody(head: JudgedHead, driver: Driver): boolean {
  return !isRead(head.method) && needsParameters(head, driver);
}

/**
 * Whether names and values decide about this request. Where they do not, a query that no form would have goes on as it
 * is: controllers put all kinds of things there.
 */
export function needsParameters({ method, target }: JudgedHead, driver: Driver): boolean {
  const isHere = (path: string) => matchesPath(target.path, path);
  const row = driver.pages.rows.find(({ path, methods, where }) =>
    where === undefined && (methods ?? READS).includes(method) && isHere(path)
  );
  return row?.settings !== undefined ||
    driver.pages.rows.some(({ path, where }) => where !== undefined && isHere(path)) ||
    driver.patches.some(({ parameters, paths, methods }) =>
      parameters !== undefined && (methods === undefined || methods.includes(method)) && paths.some(isHere)
    );
}

const READS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Whether the row of a request is one of firmware: its body waits on this box for its verdict. */
export function isFirmware({ method, target }: JudgedHead, driver: Driver): boolean {
  const { capability } = classifyPage({ method, path: target.path, parameters: [] }, driver.pages);
  return capability === "firmware" && !isRead(method);
}

/** Names and values of query and body together, or why nobody can judge them. */
export function readParameters(
  target: RequestTarget,
  body?: { readonly type: string | undefined; readonly bytes: Uint8Array },
): Parameters | ParameterRefusal {
  const query = readForm(target.query ?? "");
  if ("rule" in query) return query;
  const form = body ? readBody(body.type, body.bytes) : [];
  return "rule" in form ? form : [...query, ...form];
}

/** What a request is and whether it goes on. */
export interface Judgement {
  readonly page: ClassifiedPage;
  readonly decision: Decision;
  /** What a recording keeps of a form; undefined where nothing is recorded. */
  readonly fields?: readonly RecordedField[] | undefined;
}

/** Judges a whole request: its page, the person's way, and the holes of the device's firmware. Pure. */
export function judgeRequest(
  head: JudgedHead,
  parameters: Parameters,
  { session, driver, device }: {
    readonly session: Pick<DeviceSession, "capabilities" | "deviceRole" | "firmware" | "grant" | "grantsLegacy">;
    readonly driver: Driver;
    readonly device: Pick<WorkerDevice, "oldPages">;
  },
): Judgement {
  const request = { method: head.method, path: head.target.path, parameters, webSocket: head.webSocket };
  const page = classifyPage(request, driver.pages);
  const decision = decidePage(page, {
    grant: session.grant,
    role: session.deviceRole,
    capabilities: session.capabilities,
    legacy: device.oldPages,
    grantsLegacy: session.grantsLegacy,
  });
  if (decision.effect === "deny") return { page, decision };
  return { page, decision: judgePatches(request, session.firmware, driver.patches) ?? decision };
}

/** Whether a method changes nothing (RFC 9110 section 9.2.1). */
export function isRead(method: string): boolean {
  return READS.includes(method);
}
