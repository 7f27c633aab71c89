import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { describeError } from "../../core/errors.ts";
import { letPauseReachTcp } from "../../core/tls_pause.ts";
import { deviceHeaders } from "../device_headers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { formatRequestTarget } from "../request_target.ts";
import { browserAnswer } from "../response_head.ts";
import type { LinkAnswer, LinkRequest } from "../upstream/mod.ts";
import type { Arrived } from "./arrival.ts";
import { escapeHtml, languageOf } from "./door_page.ts";
import { carryAnswer, readWhole, sendWhole, watchBody, writeHead } from "./exchange.ts";
import {
  isFirmware,
  isRead,
  type Judgement,
  judgeRequest,
  needsBody,
  needsParameters,
  readParameters,
} from "./judge.ts";
import { recordedFields, recordsBody } from "./recorded.ts";
import { LABELS } from "./front_texts.ts";
import { type BodyRewriter, rewriterOf } from "./page_rewriter.ts";
import type { FrontParts } from "./parts.ts";
import { type ReplyTo, replyWith, replyWithDoor } from "./replies.ts";
import type { Carried } from "./session_table.ts";
import { Uploads } from "./uploads.ts";

/** One request of a person on its way to a device. */
interface Way {
  readonly arrived: Arrived;
  readonly carried: Carried;
  readonly request: IncomingMessage;
  readonly to: ReplyTo;
}

/** A body that is ready to go on; `done` when nothing of it is needed any more. */
interface ReadyBody {
  readonly body?: Readable;
  readonly length: number;
  readonly whole?: Uint8Array;
  readonly done: () => void;
}

/** Carries judged requests to devices and their answers back. */
export class DeviceRoute {
  readonly #parts: FrontParts;
  readonly #uploads = new Uploads();

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /** Answers a request of a person whose session is known. */
  async carry(arrived: Arrived, carried: Carried, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { head } = arrived;
    const to: ReplyTo = { response, fields: head.fields, method: head.method, config: this.#parts.config() };
    const way: Way = { arrived, carried, request, to };
    if (carried.log.isFull) return replyWith(to, "away", { status: 503, rule: "ui.audit.away", closes: true });
    if (carried.inFlight >= UI_PROXY_LIMITS.requestsOfSession) {
      const facts = { reason: `${carried.inFlight} requests of this session wait for the device` };
      return replyWith(to, "busy", { status: 503, rule: "ui.request.too-many", facts, closes: true });
    }
    const end = () => request.destroy();
    carried.inFlight++;
    carried.live.add(end);
    try {
      await this.#judged(way);
    } finally {
      carried.inFlight--;
      carried.live.delete(end);
    }
  }

  async #judged(way: Way): Promise<void> {
    const body = await this.#body(way);
    if (!body) return;
    try {
      const judgement = this.#judge(way, body.whole);
      if (!judgement) return;
      if (judgement.decision.effect === "deny") return this.#refuse(way, judgement, body.length);
      await this.#told(way, judgement, body);
    } finally {
      body.done();
    }
  }

  /** The body: whole where it is judged, else as it comes; undefined when it was refused and that is said. */
  async #body(way: Way): Promise<ReadyBody | undefined> {
    const { arrived: { head, target, driver }, request, carried: { session } } = way;
    if (head.bodyLength === 0) return { length: 0, done: () => {} };
    if (needsBody({ ...head, target }, driver) || recordsBody(session, head)) {
      const most = UI_PROXY_LIMITS.judgedBodyBytes;
      const isLong = typeof head.bodyLength === "number" && head.bodyLength > most;
      const whole = isLong ? "too-long" : await readWhole(request, this.#parts.timers, most);
      if (whole === "broken") return void request.destroy();
      if (whole === "too-long") {
        return this.#turnAway(way, 413, "ui.parameters.bytes", `at most ${most} bytes of settings`);
      }
      return { whole, body: Readable.from([whole]), length: whole.length, done: () => {} };
    }
    const isHeld = letPauseReachTcp(request.socket);
    const { uploadBytes } = this.#parts.config();
    // The spool counts those whose length nobody has announced.
    if (isFirmware({ ...head, target }, driver) && !(Number(head.bodyLength) > uploadBytes)) {
      const stop = watchBody(request, this.#parts.timers);
      return { body: request, length: head.bodyLength === "chunked" ? 0 : head.bodyLength, done: stop };
    }
    const room = this.#uploads.take(head.bodyLength, uploadBytes, isHeld);
    if (typeof room !== "function") {
      this.#note(way, { page: "upload", capability: "edit", decision: "refused", ...room });
      return void replyWith(way.to, "busy", { ...room, facts: { reason: room.reason }, closes: true });
    }
    const stop = watchBody(request, this.#parts.timers);
    return { body: request, length: head.bodyLength as number, done: () => (stop(), room()) };
  }

  /** What the request is; undefined when nobody can tell and that is said. */
  #judge(way: Way, whole: Uint8Array | undefined): Judgement | undefined {
    const { arrived: { head, target, driver, found }, carried } = way;
    const read = readParameters(target, whole && { type: head.fields.get("content-type")?.[0], bytes: whole });
    if ("rule" in read && needsParameters({ ...head, target }, driver)) {
      return this.#turnAway(way, read.status, read.rule, "names and values as forms and JSON write them");
    }
    const parameters = "rule" in read ? [] : read;
    const parts = { session: carried.session, driver, device: found.device };
    const judged = judgeRequest({ ...head, target }, parameters, parts);
    return { ...judged, fields: recordedFields(carried.session, head.method, judged.page, parameters) };
  }

  async #told(way: Way, judgement: Judgement, body: ReadyBody): Promise<void> {
    const { arrived: { head }, carried, to } = way, { page } = judgement;
    const isNavigation = head.fields.get("sec-fetch-mode")?.[0] === "navigate";
    if ((isNavigation || !isRead(head.method)) && !await this.#parts.table.active(carried)) {
      return replyWith(to, "ended", { status: 403, rule: "ui.session.ended", closes: true });
    }
    if (page.capability !== "view" || !isRead(head.method)) {
      try {
        await carried.log.before(this.#record(way, judgement, { status: 0, bytesIn: body.length, bytesOut: 0 }));
      } catch (error) {
        this.#parts.log.warn("ui.request.unrecorded", { msg: describeError(error) });
        return replyWith(to, "away", { status: 503, rule: "ui.audit.away", closes: true });
      }
    }
    await this.#send(way, judgement, body);
  }

  async #send(way: Way, judgement: Judgement, body: ReadyBody): Promise<void> {
    const { arrived: { head, target, found, driver }, carried, to } = way;
    const pair = { own: found.origin, device: found.page.device };
    const request: LinkRequest = {
      method: head.method,
      target: formatRequestTarget(target),
      headers: deviceHeaders(head.fields, pair, driver.habits?.headers ? { habits: driver.habits.headers } : {}),
      bodyLength: body.length,
      origin: found.page.device,
    };
    const isUpload = judgement.page.capability === "firmware" && body.body !== undefined && !isRead(head.method);
    const answer = isUpload
      ? await carried.link.upload(request, body.body!)
      : await carried.link.request(request, body.body);
    if (answer.kind === "door") {
      const { door } = answer;
      this.#parts.metrics.count("bulkhead_ui_doors_total", { rule: door.rule });
      carried.log.note(this.#record(way, judgement, { status: door.status, bytesIn: body.length, bytesOut: 0 }));
      return replyWithDoor(to, door, carried.session.watches === undefined);
    }
    const bytesOut = await this.#answer(way, answer);
    carried.log.note(this.#record(way, judgement, { status: answer.status, bytesIn: body.length, bytesOut }));
  }

  /** Gives the device's answer to the browser. @returns bytes of the body */
  async #answer({ arrived: { head, found }, carried, to }: Way, answer: LinkAnswer): Promise<number> {
    const shown = browserAnswer(answer, answer.url, found.origins);
    if (shown.leaves !== undefined) {
      answer.body.destroy();
      replyWith(to, "leaves", { status: 502, rule: "ui.answer.leaves", facts: { where: shown.leaves.slice(0, 300) } });
      return 0;
    }
    const named = (name: string) => shown.headers.find(([field]) => field === name)?.[1];
    // A part of a page, or a file to keep, goes on as it is.
    const isShown = shown.status !== 206 && !/^\s*attachment/i.test(named("content-disposition") ?? "");
    const rewriter = !isShown ? undefined : rewriterOf({
      type: named("content-type") ?? "",
      encoded: (named("content-encoding") ?? "identity") !== "identity",
      url: answer.url,
      origins: found.origins,
      script: this.#script(carried),
    });
    const headers = rewriter
      ? shown.headers.filter(([name]) => !/^(?:content-length|etag|accept-ranges)$/.test(name))
      : shown.headers;
    if (answer.whole !== undefined || head.method === "HEAD" || shown.status === 204 || shown.status === 304) {
      answer.body.destroy();
      return sendWhole(to.response, { ...shown, headers }, rewritten(rewriter, answer.whole));
    }
    writeHead(to.response, shown.status, headers);
    const { bytes, fault } = await carryAnswer(answer.body, to.response, this.#parts.timers, rewriter);
    this.#parts.metrics.count("bulkhead_ui_bytes_total", { direction: "to-browser" }, bytes);
    if (fault) this.#parts.log.info("ui.answer.broken", { station: found.page.station, fault });
    return bytes;
  }

  /** The activity script with what it has to know. */
  #script({ session }: Carried): string {
    const data = {
      "idle-ms": String(session.idleAt - session.lastActivity),
      "warn-ms": String(UI_PROXY_LIMITS.idleWarnMs),
      "beat-ms": String(UI_PROXY_LIMITS.beatMs),
      "person": session.person,
      "station": session.station,
    };
    const attributes = Object.entries(data).map(([name, value]) => `data-${name}="${ascii(escapeHtml(value))}"`);
    return `<script src="/.gw/idle.js" ${attributes.join(" ")}></script>`;
  }

  #refuse(way: Way, judgement: Judgement, bytesIn: number): void {
    const { decision } = judgement;
    if (decision.effect === "allow") return;
    this.#note(way, {
      page: judgement.page.row,
      capability: judgement.page.capability,
      decision: "refused",
      rule: decision.rule,
      status: 403,
    }, bytesIn);
    replyWith(way.to, "refused", {
      status: 403,
      rule: decision.rule,
      facts: { reason: decision.reason, hint: decision.hint ?? "" },
      acts: [{ label: LABELS[languageOf(way.to.fields!)].back, href: way.arrived.found.device.start }],
      closes: true,
    });
  }

  #turnAway(way: Way, status: number, rule: string, wanted: string): undefined {
    const capability = isRead(way.arrived.head.method) ? "view" : "edit";
    this.#note(way, { page: "unread", capability, decision: "refused", rule, status });
    replyWith(way.to, "malformed", { status, rule, facts: { hint: wanted }, closes: true });
  }

  #note(
    { arrived: { head }, carried }: Way,
    what: Pick<DeviceRequestRecord, "capability" | "decision" | "page" | "rule" | "status">,
    bytesIn = 0,
  ): void {
    const { capability, decision, page, rule, status } = what;
    this.#parts.metrics.count("bulkhead_ui_requests_total", { decision });
    carried.log.note({
      at: this.#parts.clock.now(),
      method: head.method,
      ...{ page, capability, decision, rule, status },
      count: 1,
      bytesIn,
      bytesOut: 0,
    });
  }

  #record(
    { arrived: { head } }: Way,
    { page, decision, fields }: Judgement,
    sizes: Pick<DeviceRequestRecord, "bytesIn" | "bytesOut" | "status">,
  ): DeviceRequestRecord {
    if (sizes.status !== 0) this.#parts.metrics.count("bulkhead_ui_requests_total", { decision: "allowed" });
    const settings = page.settings.map(([{ key }]) => key);
    return {
      at: this.#parts.clock.now(),
      method: head.method,
      page: page.row,
      capability: page.capability,
      decision: "allowed",
      rule: decision.rule,
      count: 1,
      ...sizes,
      ...(settings.length > 0 ? { settings } : {}),
      ...(fields && sizes.status === 0 ? { fields } : {}),
    };
  }
}

/** A body that has come whole, as the browser gets it. */
function rewritten(rewriter: BodyRewriter | undefined, whole: Uint8Array = new Uint8Array(0)): Uint8Array {
  return rewriter && whole.length > 0 ? rewriter.whole(whole) : whole;
}

/** Characters beyond ASCII as references, so that a page of any encoding may hold them. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => `&#${character.codePointAt(0)};`);
}
