import type {
  RequestEffect,
  RequestEvent,
  RequestOutcome,
  RequestStep,
  RequestTimes,
  Telling,
  UpdateDialect,
  UpdateRequest,
} from "./firmware_request_types.ts";

/** Statuses of a station that end its update (2.0.1 L01, facts 2.2). */
const FAILURES: ReadonlySet<string> = new Set([
  "DownloadFailed",
  "InstallVerificationFailed",
  "InstallationFailed",
  "InvalidSignature",
]);
/** Statuses after which an update cannot be called back. */
const BEYOND_RECALL: ReadonlySet<string> = new Set([
  "Downloaded",
  "InstallRebooting",
  "InstallScheduled",
  "Installed",
  "Installing",
  "SignatureVerified",
]);
/** All that 1.6 core can say. */
const CORE_STATUSES: ReadonlySet<string> = new Set([
  "DownloadFailed",
  "Downloaded",
  "Downloading",
  "Idle",
  "InstallationFailed",
  "Installed",
  "Installing",
]);
/** Answers of a station that let it begin. */
const TAKEN: ReadonlySet<string> = new Set(["Accepted", "AcceptedCanceled"]);

/** What a newer request does to this one: L01.FR.24 lets it take its place unless the station installs already. */
export function mayBeReplaced({ state, lastStatus }: UpdateRequest): boolean {
  return state !== "installed" && !(state === "station" && BEYOND_RECALL.has(lastStatus ?? ""));
}

/** Whether a failed check of the image is one of its signature, which the CSMS hears by that name. */
export function isSignatureFault(rule: string): boolean {
  return rule.startsWith("firmware.signature") || rule.startsWith("firmware.certificate");
}

/** What one event does to a request. Anything that does not fit its state changes nothing: stations are odd. Pure. */
export function stepRequest(
  request: UpdateRequest,
  event: RequestEvent,
  now: number,
  times: RequestTimes,
): RequestStep {
  if (event.is === "told") return told(request);
  if (request.state === "ended") return step(request, event.is === "resumed" ? telling(request) : []);
  switch (event.is) {
    case "judged":
      return request.state === "fetching" || request.state === "held"
        ? judged(request, event, now, times)
        : keep(request);
    case "unfetched":
      return request.state === "fetching" ? unfetched(request, event, now) : keep(request);
    case "free":
      return mayBeSent(request, now, times) ? sending(request, now) : keep(request);
    case "busy":
      return request.state === "waiting" && request.why !== event.why
        ? step({ ...request, why: event.why.slice(0, 300) }, [])
        : keep(request);
    case "triggered":
      return triggered(request);
    case "answered":
      return request.state === "sending" ? answered(request, event.status, now, times) : keep(request);
    case "unanswered":
      return request.state === "sending" ? again(request, now + times.resendMs) : keep(request);
    case "refused":
      return request.state === "sending"
        ? fail(request, "firmware.station-refused", event.why, "DownloadFailed")
        : keep(request);
    case "status":
      return heard(request, event, now, times);
    case "booted":
      return booted(request, event.firmwareVersion);
    case "withdrawn":
      return isWithStation(request) ? keep(request) : fail(request, "firmware.withdrawn", event.why, "DownloadFailed");
    case "cancelled":
      return end(request, "cancelled", "firmware.replaced", event.why, []);
    case "resumed":
      return resumed(request, now, times);
    case "tick":
      return now >= request.dueAt ? overdue(request, now, times) : keep(request);
  }
}

/** One message fewer waits for the CSMS; with the last one told, a request that waited for that is offered at once. */
function told(request: UpdateRequest): RequestStep {
  const next = { ...request, telling: request.telling.slice(1) };
  const isFree = next.telling.length === 0 && next.state === "waiting";
  return step(next, isFree ? ["offer"] : telling(next));
}

/**
 * The station's own statuses pass by at once: what is to be told in its name goes first, so that the CSMS hears all in
 * order. A CSMS that cannot be told holds the update up for so long and no longer.
 */
function mayBeSent({ state, telling, dueAt }: UpdateRequest, now: number, { tellFirstMs }: RequestTimes): boolean {
  return state === "waiting" && now >= (telling.length === 0 ? dueAt : dueAt + tellFirstMs);
}

function sending({ why: _over, ...request }: UpdateRequest, now: number): RequestStep {
  return step({ ...request, state: "sending", dueAt: now }, ["send"]);
}

/** Its station would say Idle, which is not so: what was told last is told once more, unless it waits already. */
function triggered(request: UpdateRequest): RequestStep {
  const { state, telling } = request;
  if (state !== "fetching" && state !== "held" && state !== "waiting") return keep(request);
  const status = state === "held" ? "DownloadPaused" : "DownloadScheduled";
  const isSaid = telling.some((one) => one.kind === "status" && one.status === status);
  return isSaid ? keep(request) : say(request, [status], []);
}

function judged(
  request: UpdateRequest,
  { outcome, rule, why, sha256, target }: RequestEvent & { readonly is: "judged" },
  now: number,
  { heldMs, waitMs }: RequestTimes,
): RequestStep {
  const known = { ...request, ...sha256 === undefined ? {} : { sha256 }, ...target === undefined ? {} : { target } };
  if (outcome === "verified") {
    const dueAt = Math.max(now, request.retrieveAt);
    return step({ ...known, state: "waiting", dueAt, waitUntil: dueAt + waitMs }, ["offer"]);
  }
  if (outcome === "held") {
    if (request.state === "held") return keep(request);
    return say({ ...known, state: "held", dueAt: now + heldMs, rule, why }, ["DownloadPaused"], []);
  }
  const event: Telling[] = isSignatureFault(rule)
    ? [{ kind: "event", type: eventOf(rule), info: why.slice(0, 255) }]
    : [];
  return fail(known, rule, why, isSignatureFault(rule) ? "InvalidSignature" : "DownloadFailed", event);
}

function eventOf(rule: string): string {
  return rule.startsWith("firmware.certificate") ? "InvalidFirmwareSigningCertificate" : "InvalidFirmwareSignature";
}

function unfetched(
  request: UpdateRequest,
  { why, isOurs }: RequestEvent & { readonly is: "unfetched" },
  now: number,
): RequestStep {
  const failures = request.failures + (isOurs ? 0 : 1);
  if (failures > request.retries) {
    return fail({ ...request, failures }, "firmware.unfetched", why, "DownloadFailed");
  }
  return step({ ...request, failures, why, dueAt: now + request.retryMs }, []);
}

function answered(request: UpdateRequest, status: string | undefined, now: number, times: RequestTimes): RequestStep {
  if (status === undefined || TAKEN.has(status)) {
    return step({ ...request, state: "station", dueAt: now + times.silentMs }, []);
  }
  const isCertificate = status === "InvalidCertificate" || status === "RevokedCertificate";
  return fail(
    request,
    "firmware.station-refused",
    `the station answered ${status}`,
    isCertificate ? "InvalidSignature" : "DownloadFailed",
  );
}

function again(request: UpdateRequest, dueAt: number): RequestStep {
  return step({ ...request, state: "waiting", dueAt }, []);
}

/** Statuses pass to the CSMS as the station sent them; here they only move the request on. */
function heard(
  request: UpdateRequest,
  { status, requestId }: RequestEvent & { readonly is: "status" },
  now: number,
  times: RequestTimes,
): RequestStep {
  const isOurs = request.requestId === undefined || requestId === request.requestId;
  // A status while the answer is still awaited, or after it was lost, is an answer too.
  const isPossible = isWithStation(request) || request.state === "waiting" && request.sha256 !== undefined;
  if (!isOurs || !isPossible || status === "Idle") return keep(request);
  const seen: UpdateRequest = { ...request, state: "station", lastStatus: status, dueAt: now + times.silentMs };
  if (FAILURES.has(status)) return end(seen, "failed", "firmware.station-failed", `the station said ${status}`, []);
  if (status === "Installed") return step({ ...seen, state: "installed", dueAt: now + times.confirmMs }, ["close"]);
  return step(request.state === "installed" ? { ...seen, state: "installed", dueAt: request.dueAt } : seen, []);
}

/** Installed may be left out or come before the restart (L01.FR.23, 28): only the version that runs is proof. */
function booted(request: UpdateRequest, firmwareVersion: string): RequestStep {
  const isNew = request.target === undefined
    ? request.state === "installed" && request.before !== undefined && firmwareVersion !== request.before
    : isWithStation(request) && firmwareVersion === request.target;
  return isNew
    ? end(request, "confirmed", "firmware.confirmed", `it booted with ${firmwareVersion}`, [])
    : keep(request);
}

function resumed(request: UpdateRequest, now: number, times: RequestTimes): RequestStep {
  if (request.state === "sending") {
    const { request: next } = again(request, now + times.resendMs);
    return step(next, telling(next));
  }
  if (request.state !== "fetching") return step(request, telling(request));
  return step({ ...request, dueAt: now + times.silentMs }, ["fetch", ...telling(request)]);
}

function overdue(request: UpdateRequest, now: number, times: RequestTimes): RequestStep {
  switch (request.state) {
    case "fetching":
      return step({ ...request, dueAt: now + times.silentMs }, ["fetch"]);
    case "held":
      return fail(request, "firmware.held", "no person released the image in time", "DownloadFailed");
    case "waiting":
      return now < (request.waitUntil ?? Infinity)
        ? step(request, ["offer"])
        : fail(request, "firmware.waited", request.why ?? "its station was away too long", "DownloadFailed");
    case "station":
      return end(request, "unconfirmed", "firmware.silent", "the station said nothing more", []);
    case "installed":
      return end(request, "unconfirmed", "firmware.unconfirmed", "it did not boot with the new version in time", []);
    default:
      return keep(request);
  }
}

function isWithStation({ state }: UpdateRequest): boolean {
  return state === "sending" || state === "station" || state === "installed";
}

function fail(
  request: UpdateRequest,
  rule: string,
  why: string,
  status: string,
  more: readonly Telling[] = [],
): RequestStep {
  const { request: next } = say(request, [status], more);
  return end(next, "failed", rule, why, telling(next));
}

function end(
  request: UpdateRequest,
  outcome: RequestOutcome,
  rule: string,
  why: string,
  effects: readonly RequestEffect[],
): RequestStep {
  return step({ ...request, state: "ended", outcome, rule, why: why.slice(0, 300) }, ["close", ...effects]);
}

/** Adds statuses as far as the dialect has words for them: what it cannot say is left out, a bad signature is a failed download. */
function say(request: UpdateRequest, statuses: readonly string[], more: readonly Telling[]): RequestStep {
  const words = statuses.map((status) => statusIn(request.dialect, status)).filter((status) => status !== undefined);
  const added: Telling[] = [...words.map((status) => ({ kind: "status", status }) as const), ...more];
  return step({ ...request, telling: [...request.telling, ...added] }, added.length > 0 ? ["tell"] : []);
}

/** A status in the words of a dialect; undefined when it has none. */
export function statusIn(dialect: UpdateDialect, status: string): string | undefined {
  if (dialect !== "core" || CORE_STATUSES.has(status)) return status;
  return status === "InvalidSignature" ? "DownloadFailed" : undefined;
}

function telling({ telling: list }: UpdateRequest): RequestEffect[] {
  return list.length > 0 ? ["tell"] : [];
}

function step(request: UpdateRequest, effects: readonly RequestEffect[]): RequestStep {
  return { request, effects };
}

function keep(request: UpdateRequest): RequestStep {
  return { request, effects: [] };
}
