import { Buffer } from "node:buffer";
import { mayBeReplaced, stepRequest } from "../../../../policies/firmware_request.ts";
import type {
  RequestEffect,
  RequestEvent,
  RequestTimes,
  Telling,
  UpdateRequest,
} from "../../../../policies/firmware_request_types.ts";
import type { Json } from "../../../core/control_api.ts";
import { describeError } from "../../../core/errors.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import type { StationFirmwareStatus } from "../../../core/firmware_status_api.ts";
import type { FileAnswer, FileRequest } from "../../../core/firmware_transfer_api.ts";
import { callStation } from "../../../inventory/station_calls.ts";
import type { LiveSessions } from "../../../inventory/live_sessions.ts";
import { Turns } from "../../../core/turns.ts";
import type { ControlContext } from "../../contract.ts";
import type { GrantBook } from "./grant_book.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import { RequestBook, type StoredRequest } from "./request_book.ts";
import { fetchImage, judgedAs, type UpdatedStation } from "./fetch_for_update.ts";
import {
  answerUpdate,
  outcomeOf,
  readUpdate,
  shownUrl,
  type UpdateAsk,
  writeTelling,
  writeUpdate,
} from "./update_message.ts";

/** What the requests work with. */
export interface UpdateRequestsOptions {
  readonly context: ControlContext;
  readonly grants: GrantBook;
  readonly live: LiveSessions;
  readonly vault: Pick<ImageVault, "image" | "intake" | "judgeCertificate">;
  stationOf(stationId: string): UpdatedStation | undefined;
  /** The image behind a URL of the gateway itself, which it had published. */
  publishedAt(location: string): string | undefined;
  /** Why this station is not to be updated by its CSMS now. */
  lockOf(stationId: string): string | undefined;
  /** Why there is no room for an update of this station now. */
  whyNoRoom(stationId: string): Promise<string | undefined>;
  /** Told when another set of stations is watched. */
  onChanged(): void;
}

/**
 * Updates that CSMSs ask for: fetched and verified first, and only then is the station told, with a URL of the gateway
 * (facts: firmware 5). Every step is stored before it is acted upon; what was going on when the gateway stopped goes on.
 */
export class UpdateRequests {
  readonly #options: UpdateRequestsOptions;
  readonly #book: RequestBook;
  readonly #turns = new Turns();
  /** Requests with a fetch, a call or a telling under way, as "fetch r1". */
  readonly #busy = new Set<string>();
  #lookedAtHeld = 0;
  /** What a restart interrupted goes on at the first look, when the Workers are there. */
  readonly #toResume: Set<string>;

  private constructor(options: UpdateRequestsOptions, book: RequestBook) {
    this.#options = options;
    this.#book = book;
    this.#toResume = new Set(book.all().map(({ request }) => request.id));
  }

  static async open(options: UpdateRequestsOptions): Promise<UpdateRequests> {
    return new UpdateRequests(options, await RequestBook.open(options.context));
  }

  all(): readonly StoredRequest[] {
    return this.#book.all();
  }

  activeOf(stationId: string): StoredRequest | undefined {
    return this.#book.activeOf(stationId);
  }

  /** A CSMS asks. Stored when the answer is there; the work begins with `begin`. */
  async asked(asked: FileRequest): Promise<FileAnswer> {
    const { stationId, csms, action } = asked;
    const ask = readUpdate(asked);
    if (typeof ask === "string") {
      await this.#record("transfer.request.refused", asked, "refused", "firmware.malformed", { action, why: ask });
      return { error: { code: "FormationViolation", description: `${action} has no usable ${ask}` } };
    }
    return await this.#turns.run([stationId], async () => {
      const refusal = this.#refusalOf(stationId, ask);
      if (refusal) return await this.#refuse(asked, ask, refusal);
      const active = this.#book.activeOf(stationId);
      if (active) await this.#applyNow(active.request.id, { is: "cancelled", why: "its CSMS asked anew" });
      await this.#book.put(this.#newRequest(asked, ask));
      await this.#record("transfer.request.taken", { stationId, csms }, "ok", undefined, {
        action,
        from: shownUrl(ask.location),
        signed: ask.signature !== undefined,
      });
      this.#options.onChanged();
      return answerUpdate(ask.dialect, active ? "AcceptedCanceled" : "Accepted");
    });
  }

  /** The CSMS has the answer: what is under way for this station goes on. */
  async begin(stationId: string): Promise<void> {
    for (const { request } of this.#book.all().filter((one) => one.request.stationId === stationId)) {
      if (request.state === "fetching" || request.telling.length > 0) await this.#apply(request.id, { is: "resumed" });
    }
  }

  /** The CSMS asks how far it is, before the station knows of it. Told by `begin`. */
  async triggered(stationId: string): Promise<void> {
    const active = this.#book.activeOf(stationId);
    if (active) await this.#turns.run([stationId], () => this.#applyNow(active.request.id, { is: "triggered" }, false));
  }

  /** A status that a station sent. */
  async heard({ stationId, status, requestId }: StationFirmwareStatus): Promise<void> {
    const active = this.#book.activeOf(stationId);
    const event: RequestEvent = { is: "status", status, ...requestId === undefined ? {} : { requestId } };
    if (active) await this.#apply(active.request.id, event);
  }

  /** An image lost its trust. */
  async withdrawn(sha256: string, why: string): Promise<void> {
    for (const { request } of this.#book.active().filter((one) => one.request.sha256 === sha256)) {
      await this.#apply(request.id, { is: "withdrawn", why });
    }
  }

  /** What is due. */
  async tick(): Promise<void> {
    const now = this.#options.context.clock.now();
    const looksAtHeld = now - this.#lookedAtHeld >= TRANSFER_LIMITS.heldLookMs;
    if (looksAtHeld) this.#lookedAtHeld = now;
    for (const { request } of this.#book.all()) {
      const { id, state, stationId } = request;
      if (this.#toResume.delete(id)) await this.#apply(id, { is: "resumed" });
      if (request.telling.length > 0) this.#tell(id);
      if (state === "ended") continue;
      const version = this.#options.stationOf(stationId)?.firmwareVersion;
      const isNew = version !== undefined && version !== request.before;
      if (isNew) await this.#apply(id, { is: "booted", firmwareVersion: version });
      if (state === "held" && looksAtHeld) await this.#lookAtHeld(request);
      await this.#apply(id, { is: "tick" });
    }
  }

  #newRequest({ stationId, csms }: FileRequest, ask: UpdateAsk): StoredRequest {
    const { clock, random } = this.#options.context, now = clock.now();
    const before = this.#options.stationOf(stationId)?.firmwareVersion;
    const telling: Telling[] = ask.dialect === "core" ? [] : [{ kind: "status", status: "DownloadScheduled" }];
    const request: UpdateRequest = {
      id: Buffer.from(random.bytes(6)).toString("hex"),
      ...{ stationId, csms, state: "fetching", failures: 0, telling },
      dialect: ask.dialect,
      ...ask.requestId === undefined ? {} : { requestId: ask.requestId },
      retries: ask.retries,
      retryMs: ask.retryMs,
      retrieveAt: ask.retrieveAt,
      dueAt: now + TRANSFER_LIMITS.csmsMs, // the Worker that is to say "begin" may have gone
      ...before === undefined ? {} : { before },
    };
    return { request, ask, startedAt: now };
  }

  /** Why a request is refused before anything is fetched. */
  #refusalOf(
    stationId: string,
    ask: UpdateAsk,
  ): { rule: string; status: string; why: string; event?: string } | undefined {
    const { context, vault, lockOf, stationOf } = this.#options;
    if (context.disk.level === "full") {
      return { rule: "firmware.disk", status: "Rejected", why: "the gateway's disk is full" };
    }
    const lock = lockOf(stationId);
    if (lock !== undefined) return { rule: "firmware.campaign-lock", status: "Rejected", why: lock };
    const active = this.#book.activeOf(stationId)?.request;
    if (active && !mayBeReplaced(active)) {
      return { rule: "firmware.installing", status: "Rejected", why: "the station installs the one before" };
    }
    if (!active && this.#book.active().length >= TRANSFER_LIMITS.requests) {
      return { rule: "firmware.requests-full", status: "Rejected", why: "too many updates are under way" };
    }
    if (ask.certificate === undefined) return undefined;
    const step = vault.judgeCertificate(stationOf(stationId)?.vendor ?? "", ask.certificate);
    if (step.outcome !== "refused") return undefined;
    const status = step.id === "revoked" ? "RevokedCertificate" : "InvalidCertificate";
    return { rule: "firmware.certificate", status, why: step.detail, event: "InvalidFirmwareSigningCertificate" };
  }

  /** Answered without the station; the CSMS hears the security event when it has the answer. */
  async #refuse(
    asked: FileRequest,
    ask: UpdateAsk,
    { rule, status, why, event }: { rule: string; status: string; why: string; event?: string },
  ): Promise<FileAnswer> {
    const { action } = asked;
    const fresh = this.#newRequest(asked, ask);
    // 1.6 core has no word in its answer: a failed download is the only one there is.
    const telling: Telling[] = [
      ...ask.dialect === "core" ? [{ kind: "status", status: "DownloadFailed" } as const] : [],
      ...event === undefined ? [] : [{ kind: "event", type: event, info: why.slice(0, 255) } as const],
    ];
    const request: UpdateRequest = { ...fresh.request, state: "ended", outcome: "failed", rule, why, telling };
    await this.#book.put({ ...fresh, request, endedAt: fresh.startedAt });
    await this.#record("transfer.request.refused", asked, "refused", rule, { action, why: why.slice(0, 300) });
    return answerUpdate(ask.dialect, status, why);
  }

  #apply(id: string, event: RequestEvent): Promise<void> {
    const stationId = this.#book.get(id)?.request.stationId;
    if (stationId === undefined) return Promise.resolve();
    return this.#turns.run([stationId], () => this.#applyNow(id, event));
  }

  get #times(): RequestTimes {
    const { waitHours = 72 } = this.#options.context.site.firmware?.requests ?? {};
    return { ...TRANSFER_LIMITS, waitMs: waitHours * 3_600_000 };
  }

  /** Steps, stores, and only then acts. */
  async #applyNow(id: string, event: RequestEvent, acts = true): Promise<void> {
    const stored = this.#book.get(id);
    if (!stored) return;
    const now = this.#options.context.clock.now();
    const { request, effects } = stepRequest(stored.request, event, now, this.#times);
    if (request !== stored.request) {
      const isEnd = request.state === "ended" && stored.request.state !== "ended";
      await this.#book.put({ ...stored, request, ...isEnd ? { endedAt: now } : {} });
      if (isEnd) await this.#ended(request);
      if (request.state !== stored.request.state) this.#options.onChanged();
    }
    for (const effect of acts ? effects : []) this.#perform(id, effect);
  }

  #perform(id: string, effect: RequestEffect): void {
    switch (effect) {
      case "fetch":
        return this.#once(`fetch ${id}`, () => this.#fetch(id));
      case "offer":
        return this.#once(`offer ${id}`, () => this.#offer(id));
      case "send":
        return this.#once(`send ${id}`, () => this.#send(id));
      case "tell":
        return this.#tell(id);
      case "close": {
        const grant = this.#book.get(id)?.grant;
        return grant === undefined
          ? undefined
          : this.#once(`close ${id}`, () => this.#options.grants.close(grant, "its update has ended"));
      }
    }
  }

  /** Work that takes its time, once at a time; a fault is logged, and the next look tries again. */
  #once(name: string, work: () => Promise<void>): void {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    work().catch((error) => {
      this.#options.context.log.warn("firmware.request.failed", { work: name, msg: describeError(error) });
    }).finally(() => this.#busy.delete(name));
  }

  async #fetch(id: string): Promise<void> {
    const { request, ask } = this.#book.get(id)!;
    await this.#apply(id, await fetchImage(this.#options, request, ask));
  }

  async #lookAtHeld({ id, sha256 }: UpdateRequest): Promise<void> {
    if (sha256 !== undefined) await this.#apply(id, judgedAs(this.#options.vault, sha256));
  }

  /** There is a turn for it when its station is connected and few enough others download. */
  #offer(id: string): Promise<void> {
    const { context, live, whyNoRoom } = this.#options;
    // One after the other: two that look at the same time would both find room.
    return this.#turns.run(["offers"], async () => {
      const downloading = this.#book.active().filter(({ request: { state, lastStatus } }) =>
        state === "sending" || state === "station" && DOWNLOADING.has(lastStatus ?? "Downloading")
      );
      const most = context.site.firmware?.parallelDownloads ?? 1, { stationId } = this.#book.get(id)!.request;
      const why = !live.ofStation(stationId)
        ? "it is not connected"
        : downloading.length >= most
        ? "others are loading (firmware.parallelDownloads)"
        : await whyNoRoom(stationId);
      await this.#apply(id, why === undefined ? { is: "free" } : { is: "busy", why });
    });
  }

  async #send(id: string): Promise<void> {
    const { context, grants } = this.#options;
    const { request, ask } = this.#book.get(id)!;
    const { stationId, sha256, csms } = request;
    const grant = await grants.make({ stationId, sha256: sha256!, who: `csms:${csms}`, retries: ask.retries })
      .catch((error) => error as Error);
    if (grant instanceof Error) return await this.#apply(id, { is: "refused", why: grant.message });
    await this.#turns.run([stationId], () => this.#book.put({ ...this.#book.get(id)!, grant: grant.id }));
    const { action, payload } = writeUpdate(ask, grant.url, context.clock.now());
    const call = { stationId, action, payload: payload as Json, timeoutMs: TRANSFER_LIMITS.stationMs };
    const answer = await callStation(this.#options, call).catch((error) => error as Error);
    const event = outcomeOf(answer);
    const why = event.is === "answered" ? event.status ?? "accepted" : "why" in event ? event.why : "";
    await this.#record("transfer.request.sent", request, event.is === "answered" ? "ok" : "failed", undefined, {
      image: sha256!.slice(0, 12),
      grant: grant.id,
      answer: why.slice(0, 200),
    });
    await this.#apply(id, event);
  }

  /** Tells the CSMS what waits, in order; with its station's connection gone it waits for the next one. */
  #tell(id: string): void {
    this.#once(`tell ${id}`, async () => {
      for (;;) {
        const request = this.#book.get(id)?.request, next = request?.telling[0];
        if (!request || !next || !await this.#told(request, next)) return;
        await this.#apply(id, { is: "told" });
      }
    });
  }

  async #told(request: UpdateRequest, telling: Telling): Promise<boolean> {
    const { context, live } = this.#options, { stationId, csms } = request;
    const session = live.ofStation(stationId);
    if (!session) return false;
    const { action, payload } = writeTelling(request, telling, context.clock.now());
    const ask = { stationId, action, payload, timeoutMs: TRANSFER_LIMITS.csmsMs };
    const deadlineMs = TRANSFER_LIMITS.csmsMs + 5_000;
    const answer = await context.workers.get(session.worker).call("station.tell", ask, { deadlineMs });
    if (answer.outcome === "away") return false;
    if (answer.outcome === "refused") {
      context.log.info("firmware.telling.refused", { station: stationId, csms, action, why: answer.why ?? "" });
    }
    return true;
  }

  async #ended({ stationId, csms, outcome, rule, why = "", sha256 }: UpdateRequest): Promise<void> {
    const { alarms, metrics } = this.#options.context;
    metrics.count("bulkhead_firmware_requests_ended_total", { outcome: outcome! });
    const isGood = outcome === "confirmed" || outcome === "cancelled";
    await this.#record("transfer.request.ended", { stationId, csms }, isGood ? "ok" : "failed", rule, {
      outcome: outcome!,
      why,
      ...sha256 === undefined ? {} : { image: sha256.slice(0, 12) },
    });
    if (outcome === "confirmed") await alarms.clear("transfer.update.failed", stationId);
    else if (!isGood) {
      await alarms.raise({ kind: "transfer.update.failed", subject: stationId, detail: `${rule}: ${why}` });
    }
  }

  async #record(
    event: string,
    { stationId, csms }: Pick<UpdateRequest, "csms" | "stationId">,
    outcome: "ok" | "refused" | "failed",
    rule: string | undefined,
    detail: Readonly<Record<string, string | boolean>>,
  ): Promise<void> {
    const who = `csms:${csms}`;
    const what = { event, class: "security", who, target: stationId, outcome, detail } as const;
    await this.#options.context.audit.record(rule === undefined ? what : { ...what, rule });
  }
}

/** Statuses of a station that still fetches. */
const DOWNLOADING: ReadonlySet<string> = new Set(["DownloadPaused", "DownloadScheduled", "Downloading"]);
