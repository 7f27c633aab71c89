import type { IncomingMessage } from "node:http";
import type { Driver } from "../drivers/driver.ts";
import { judgeSite, readRequestHead, type RequestHead } from "../request_head.ts";
import { readRequestTarget, type RequestTarget } from "../request_target.ts";
import type { WorkerDevice } from "../worker_config.ts";
import type { FoundPage, PageMap } from "./page_map.ts";

/** A request that every program reads alike, for a page that exists, and not made by a page of somebody else. */
export interface Arrived {
  readonly kind: "arrived";
  readonly head: RequestHead;
  readonly found: FoundPage;
  readonly driver: Driver;
  readonly target: RequestTarget;
  readonly source: string;
}

/** Why a request is refused before anybody asks who sent it. */
export interface TurnedAway {
  readonly kind: "turned-away";
  readonly status: number;
  readonly rule: string;
  /** What would have been taken. */
  readonly wanted?: string;
  readonly source: string;
  /** Absent: the head itself was refused, so nothing in it is believed. */
  readonly head?: RequestHead;
}

/** Judges a request before its sender is known: head, page, origin, target (invariant 8). */
export function arrive(
  request: Pick<IncomingMessage, "httpVersion" | "method" | "rawHeaders" | "socket" | "url">,
  pages: PageMap,
  driverOf: (device: WorkerDevice) => Driver,
): Arrived | TurnedAway {
  const source = (request.socket.remoteAddress ?? "unknown").replace(/^::ffff:(?=\d+\.)/, "");
  const { method = "", httpVersion, rawHeaders } = request;
  const head = readRequestHead({ method, httpVersion, rawHeaders });
  if ("rule" in head) return { kind: "turned-away", source, ...head };
  const found = pages.find(head.fields.get("host")![0]!, request.socket.localPort ?? 0);
  if (!found) {
    return { kind: "turned-away", source, head, status: 421, rule: "ui.request.name", wanted: "the name of a page" };
  }
  const foreign = judgeSite(head, found.origin);
  if (foreign) return { kind: "turned-away", source, head, ...foreign, wanted: "a request of a page of this origin" };
  const driver = driverOf(found.device);
  const target = readRequestTarget(request.url ?? "", driver.habits);
  if ("rule" in target) return { kind: "turned-away", source, head, ...target };
  return { kind: "arrived", head, found, driver, target, source };
}
