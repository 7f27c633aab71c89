import { isMisspelt } from "../../../policies/misspelt.ts";
import { fold } from "../../../policies/ocpp_fields.ts";
import { plainAction } from "../../../policies/plain_action.ts";
import type { FileAnswer, FileRequest, WatchedStation } from "../../core/firmware_transfer_api.ts";
import type { Json } from "../../core/control_api.ts";
import type { OcppFrame, OcppVersion } from "../codec.ts";
import type { Answer } from "../effects.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { findValues, replaceSpans } from "../outage/token_span.ts";
import type { OwnOutcome } from "../own_calls.ts";
import { redactReason } from "../redact.ts";
import { answerOf, fieldOf, payloadText, textOf } from "../rehoming/station_part.ts";
import type { Relay } from "../relay.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import type { CallVerdict, Judge } from "../session.ts";
import { factsFromBoot } from "../station_facts.ts";
import { plainPayload } from "../signed_payload.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";

/** Rules of what is taken or refused here; names are API. */
export const FILE_RULES = {
  update: "firmware.update",
  upload: "firmware.upload",
  status: "firmware.status-told",
  trigger: "firmware.status-asked",
  end: "firmware.upload-end",
  own: "firmware.own-log",
  signed: "firmware.signed-message",
  spelling: "firmware.spelling",
} as const;

/** Why a request is refused, by the rule; all other rules are answered by the gateway. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  [FILE_RULES.signed]: "A signed message cannot be given another URL, and this one does not lead to the gateway",
  [FILE_RULES.spelling]: "This message is not spelled as OCPP spells it, and could lead a station past the gateway",
};

const UPDATES: ReadonlySet<string> = new Set(["SignedUpdateFirmware", "UpdateFirmware"]);
const UPLOADS: ReadonlySet<string> = new Set(["GetDiagnostics", "GetLog"]);
const UPLOAD_STATUSES = ["DiagnosticsStatusNotification", "LogStatusNotification"];
const UPDATE_STATUSES: ReadonlySet<string> = new Set([
  "FirmwareStatusNotification",
  "SignedFirmwareStatusNotification",
]);

const TRIGGERS: ReadonlySet<string> = new Set(["ExtendedTriggerMessage", "TriggerMessage"]);
const asksForStatus = (payload: unknown) => UPDATE_STATUSES.has(textOf(fieldOf(payload, "requestedMessage")));

/**
 * Requests of CSMSs that name a place for files: the gateway fetches and verifies images itself, and stations bring their
 * logs to it (facts: firmware 5). Control decides and remembers; here are the messages. Off where nothing is served.
 */
export function firmwarePart({ context }: Pick<RelayPartTools, "context">): RelayPart {
  const { control } = context;
  let hosts = context.config.firmware?.hosts;
  let watched: ReadonlyMap<string, WatchedStation> | undefined;
  const relays = new Map<string, Relay>();
  const noteVersion = versionFeed(control);
  const watch = (stations: readonly WatchedStation[]) => {
    watched = new Map(stations.map((one) => [one.stationId, one]));
  };
  return {
    judging: (judge, _version, stationId) =>
      judging(judge, { hosts: () => hosts, watched: () => watched?.get(stationId) }),
    ready: async () => {
      if (hosts !== undefined && watched === undefined) watch((await control.call("firmware.watched", {})).stations);
    },
    takers: {
      [FILE_RULES.update]: async (relay, _from, frame) => {
        const { stationId } = relay.options;
        const answer = answered(await control.call("firmware.request", requestOf(relay, frame)));
        return "payload" in answer
          ? { ...answer, afterwards: () => control.notify("firmware.requested", { stationId }) }
          : answer;
      },
      [FILE_RULES.upload]: (relay, _from, frame, bytes) => askForFile(control, relay, frame, bytes),
      // Its station knows nothing of the update yet, and would say Idle.
      [FILE_RULES.trigger]: async ({ options: { stationId } }) => {
        await control.call("firmware.triggered", { stationId });
        const afterwards = () => control.notify("firmware.requested", { stationId });
        return { payload: { status: "Accepted" }, afterwards };
      },
      // The CSMS has heard it from the gateway, when the image was still being fetched.
      [FILE_RULES.status]: () => Promise.resolve({ payload: {} }),
      [FILE_RULES.end]: async (relay, _from, frame) => {
        await control.call("firmware.upload-told", toldOf(relay, frame));
        return { payload: {} };
      },
      // The file itself proves more than its status: an answer does not wait for control.
      [FILE_RULES.own]: (relay, _from, frame) => {
        control.notify("firmware.upload-told", toldOf(relay, frame));
        return Promise.resolve({ payload: {} });
      },
    },
    observer: {
      name: "firmware",
      actions: ["BootNotification", ...UPLOAD_STATUSES],
      opened: (relay) => void relays.set(relay.options.stationId, relay),
      ended: (relay) => {
        if (relays.get(relay.options.stationId) === relay) relays.delete(relay.options.stationId);
      },
      message: (relay, { from, kind, frame, fate, action }) => {
        if (action === "BootNotification") {
          return void (from === "station" && kind === "call" && noteVersion(relay, frame));
        }
        const isWatched = watched?.get(relay.options.stationId)?.upload === true;
        if (!isWatched || from !== "station" || kind !== "call" || fate !== "passed") return;
        control.notify("firmware.upload-told", toldOf(relay, frame));
      },
    },
    handlers: {
      "firmware.watch": ({ stations }) => watch(stations),
      "station.tell": async ({ stationId, action, payload, timeoutMs }) => {
        const relay = relays.get(stationId);
        if (!relay) return { outcome: "away" };
        return toldOutcome(await relay.callCsms({ action, payloadText: JSON.stringify(payload), timeoutMs }));
      },
    },
    reconfigure: (config: OcppWorkerConfig) => hosts = config.firmware?.hosts,
  };
}

/**
 * Tells control the version of a boot at once: the proof of an update is not to wait until other facts are told. A station
 * that boots again on the same connection with the same version says nothing new, and a Worker asks control for as little
 * as it can (docs/decisions/0176).
 */
function versionFeed(control: RelayPartTools["context"]["control"]): (relay: Relay, frame: OcppFrame) => void {
  const told = new WeakMap<Relay, unknown>();
  return (relay, frame) => {
    const firmwareVersion = factsFromBoot(frame)?.["firmwareVersion"], { stationId } = relay.options;
    if (firmwareVersion === undefined || told.get(relay) === firmwareVersion) return;
    told.set(relay, firmwareVersion);
    control.notify("stations.seen", { stationId, facts: { firmwareVersion } });
  };
}

/** A judge that takes what names a place for files. What the judge itself refuses stays refused. */
export function judging(
  judge: Judge,
  state: { hosts(): readonly string[] | undefined; watched(): WatchedStation | undefined },
): Judge {
  return {
    call(from, frame, facts): CallVerdict {
      const verdict = judge.call(from, frame, facts), hosts = state.hosts();
      if (!verdict.pass || hosts === undefined) return verdict;
      const rule = from === "csms"
        ? takenFromCsms(frame, hosts, state.watched())
        : takenFromStation(frame, state.watched());
      if (rule === undefined) return verdict;
      const reason = REASONS[rule];
      return reason === undefined
        ? { pass: false, take: true, rule }
        : { pass: false, rule, code: "SecurityError", reason };
    },
    result: (action, frame) => judge.result(action, frame),
  };
}

function takenFromCsms(
  frame: OcppFrame,
  hosts: readonly string[],
  watched: WatchedStation | undefined,
): string | undefined {
  if (watched?.unasked && TRIGGERS.has(frame.action) && asksForStatus(frame.payload)) return FILE_RULES.trigger;
  const plain = plainAction(frame.action);
  const rule = UPDATES.has(plain) ? FILE_RULES.update : UPLOADS.has(plain) ? FILE_RULES.upload : undefined;
  if (rule === undefined) {
    return FILE_ACTIONS.has(fold(frame.action).replace(/-signed$/, "")) ? FILE_RULES.spelling : rule;
  }
  const payload = plain === frame.action ? frame.payload : plainPayload(frame);
  if (WAYS.some((way) => isMisspelt(payload, way))) return FILE_RULES.spelling;
  if (plain === frame.action) return rule;
  return placesOf(payload).every((place) => isOurs(place, hosts)) ? undefined : FILE_RULES.signed;
}

/** The names of these requests as a station may read them that forgives their spelling (invariant 13). */
const FILE_ACTIONS: ReadonlySet<string> = new Set([...UPDATES, ...UPLOADS].map(fold));
/** The ways to a place in any of them. */
const WAYS = [[], ["firmware"], ["log"]].flatMap((way) =>
  ["location", "remoteLocation", "firmware", "log"].map((name) => [...way, name])
);

/** All members that name a place; [undefined] when there is none or the payload cannot be read. */
function placesOf(payload: unknown): readonly unknown[] {
  const places = [
    fieldOf(payload, "location"),
    fieldOf(fieldOf(payload, "firmware"), "location"),
    fieldOf(fieldOf(payload, "log"), "remoteLocation"),
  ].filter((place) => place !== undefined);
  return places.length > 0 ? places : [undefined];
}

function isOurs(place: unknown, hosts: readonly string[]): boolean {
  return typeof place === "string" && URL.canParse(place) && hosts.includes(new URL(place).host);
}

function takenFromStation({ action, payload }: OcppFrame, watched: WatchedStation | undefined): string | undefined {
  if (!watched) return undefined;
  const status = fieldOf(payload, "status");
  if (watched.update && UPDATE_STATUSES.has(action) && status === "DownloadScheduled") return FILE_RULES.status;
  if (watched.own && isOfOwn(action, payload, watched)) return FILE_RULES.own;
  return watched.upload && UPLOAD_STATUSES.includes(action) && status === "Uploaded" ? FILE_RULES.end : undefined;
}

/** Of a log that the gateway asked for. One without a number is taken for it only when no CSMS can mean it. */
function isOfOwn(action: string, payload: unknown, { own, upload }: WatchedStation): boolean {
  if (action !== "LogStatusNotification") return false;
  const requestId = fieldOf(payload, "requestId");
  if (requestId !== undefined) return own!.requestIds.includes(requestId as number);
  return own!.isOpen && !upload && fieldOf(payload, "status") !== "Idle";
}

function requestOf({ options }: Relay, { action, payload }: OcppFrame): FileRequest {
  const { stationId, csms } = options, version: OcppVersion = options.version;
  return { stationId, csms, version, action, payload: payload as Json };
}

function toldOf({ options: { stationId } }: Relay, { payload }: OcppFrame) {
  const requestId = fieldOf(payload, "requestId");
  return {
    stationId,
    status: textOf(fieldOf(payload, "status")).slice(0, OCPP_LIMITS.firmwareStatusChars),
    ...Number.isSafeInteger(requestId) ? { requestId: requestId as number } : {},
  };
}

function answered(answer: FileAnswer): Answer {
  return "error" in answer ? { ...answer.error } : { payload: answer.payload };
}

/** The station is asked with the gateway's URL in the place of the CSMS's; all else as the CSMS wrote it. */
async function askForFile(
  control: RelayPartTools["context"]["control"],
  relay: Relay,
  frame: OcppFrame,
  received: Uint8Array,
): Promise<Answer> {
  const { action } = frame;
  const bytes = received.slice(); // they belong to the socket
  const place = await control.call("firmware.upload", requestOf(relay, frame));
  if ("answer" in place) return answered(place.answer);
  const path = action === "GetDiagnostics" ? [3, "location"] : [3, "log", "remoteLocation"];
  const text = payloadText(replaceSpans(bytes, findValues(bytes, path), JSON.stringify(place.url)));
  const outcome = await relay.call({ action, payloadText: text, timeoutMs: OCPP_LIMITS.rehomeCallMs });
  const fileName = outcome.is === "result" ? nameIn(action, outcome.payload) : undefined;
  const isTaken = outcome.is === "result" &&
    (action === "GetDiagnostics"
      ? fileName !== undefined
      : /^Accepted/.test(textOf(fieldOf(outcome.payload, "status"))));
  await control.call("firmware.upload-answered", {
    id: place.id,
    isTaken,
    ...fileName === undefined ? {} : { fileName },
  });
  return answerOf(outcome);
}

/** "fileName" in 1.6, "filename" in 2.x. */
function nameIn(action: string, payload: unknown): string | undefined {
  const name = textOf(fieldOf(payload, action === "GetDiagnostics" ? "fileName" : "filename"));
  return name === "" ? undefined : name.slice(0, 255);
}

function toldOutcome(outcome: OwnOutcome) {
  switch (outcome.is) {
    case "result":
      return { outcome: "answered" } as const;
    case "error":
      return { outcome: "refused", why: redactReason(`${outcome.code} ${outcome.description}`).slice(0, 200) } as const;
    case "none":
      // Sent and not answered: to send it again would tell it twice.
      return outcome.why === "timeout"
        ? { outcome: "refused", why: "no answer" } as const
        : { outcome: "away" } as const;
  }
}
