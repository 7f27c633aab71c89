import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { describeError } from "../../core/errors.ts";
import { arrive, type Arrived, type TurnedAway } from "./arrival.ts";
import { DeviceRoute } from "./device_route.ts";
import { readsPages } from "./door_page.ts";
import { writeHead } from "./exchange.ts";
import { answerOwn, OWN_PREFIX, sessionOf } from "./own_routes.ts";
import type { FrontParts } from "./parts.ts";
import { type ReplyTo, replyWith } from "./replies.ts";
import { formatRequestTarget } from "../request_target.ts";
import { carryUpgrade, refuseUpgrade } from "./upgrade_route.ts";

/** The door in front of all device pages: every request of every browser passes here. */
export class FrontDoor {
  readonly #parts: FrontParts;
  readonly #route: DeviceRoute;
  /** Connections on which a head was refused: what comes behind it is never read as a request. */
  readonly #shut = new WeakSet<object>();

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.#route = new DeviceRoute(parts);
  }

  /** Answers one request. Never throws: what goes wrong here is one connection's, not the Worker's. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {}); // told by "close"; whoever reads the body hears of it there
    response.on("error", () => {});
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.#parts.log.warn("ui.request.failed", { msg: describeError(error) });
      const to: ReplyTo = { response, config: this.#parts.config() };
      if (response.headersSent) response.destroy();
      else replyWith(to, "away", { status: 500, rule: "ui.request.failed", closes: true });
    }
  }

  /** Answers one upgrade. Never throws. */
  async upgrade(request: IncomingMessage, socket: Duplex, early: Uint8Array): Promise<void> {
    socket.on("error", () => socket.destroy());
    try {
      const arrived = arrive(request, this.#parts.pages(), this.#parts.driverOf);
      if (arrived.kind === "turned-away") {
        this.#noteStranger(arrived);
        return refuseUpgrade(socket, arrived.status, arrived.rule);
      }
      const carried = arrived.target.path.startsWith(OWN_PREFIX) ? "ended" : await sessionOf(this.#parts, arrived);
      if (typeof carried === "string") {
        const rule = carried === "away" ? "ui.control.away" : "ui.session.none";
        this.#noteStranger({ ...arrived, rule, status: 401 });
        return refuseUpgrade(socket, carried === "away" ? 503 : 401, rule);
      }
      await carryUpgrade(this.#parts, arrived, carried, socket, early);
    } catch (error) {
      this.#parts.log.warn("ui.upgrade.failed", { msg: describeError(error) });
      refuseUpgrade(socket, 500, "ui.request.failed");
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#shut.has(request.socket)) return void response.destroy();
    const arrived = arrive(request, this.#parts.pages(), this.#parts.driverOf);
    if (arrived.kind === "turned-away") {
      this.#shut.add(request.socket);
      return this.#turnAway(arrived, response);
    }
    // A WebSocket comes by `upgrade`; here somebody wrote the header without the parser's taking it for one.
    if (arrived.head.webSocket) {
      return this.#turnAway({ ...arrived, kind: "turned-away", status: 400, rule: "ui.request.upgrade" }, response);
    }
    if (arrived.target.path.startsWith(OWN_PREFIX)) return await answerOwn(this.#parts, arrived, response);
    const carried = await sessionOf(this.#parts, arrived);
    if (typeof carried !== "string") return await this.#route.carry(arrived, carried, request, response);
    if (carried === "ended") return this.#unknown(arrived, response);
    const to = this.#to(arrived, response);
    replyWith(to, "away", { status: 503, rule: "ui.control.away", closes: true });
  }

  /** Somebody without a session: sent to the first page of the device for one, where this is another port of it. */
  #unknown(arrived: Arrived, response: ServerResponse): void {
    const { found, head, target, source } = arrived;
    const isPage = head.method === "GET" && readsPages(head.fields);
    if (isPage && found.origin !== found.first) {
      const query = new URLSearchParams({ to: found.origin, path: formatRequestTarget(target) });
      writeHead(response, 303, [
        ["location", `${found.first}/.gw/go?${query}`],
        ["cache-control", "no-store"],
        ["content-length", "0"],
      ]);
      return void response.end();
    }
    this.#noteStranger({ rule: "ui.session.none", source, status: 401, found });
    replyWith(this.#to(arrived, response), "no-session", { status: 401, rule: "ui.session.none", closes: true });
  }

  #turnAway({ head, source, status, rule, wanted }: TurnedAway, response: ServerResponse): void {
    this.#noteStranger({ rule, source, status });
    const to: ReplyTo = {
      response,
      config: this.#parts.config(),
      ...(head ? { fields: head.fields, method: head.method } : {}),
    };
    replyWith(to, "malformed", {
      status,
      rule,
      facts: { hint: wanted ?? "a plain request of HTTP/1.1" },
      closes: true,
    });
  }

  #to({ head }: Arrived, response: ServerResponse): ReplyTo {
    return { response, fields: head.fields, method: head.method, config: this.#parts.config() };
  }

  #noteStranger(
    { rule, source, status, found }: { rule: string; source: string; status: number; found?: Arrived["found"] },
  ): void {
    this.#parts.metrics.count("bulkhead_ui_requests_total", { decision: "refused" });
    this.#parts.strangers.note({ rule, source, status, ...(found ? { station: found.page.station } : {}) });
  }
}
