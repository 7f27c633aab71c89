import { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { maySpeak } from "../../../policies/device_page.ts";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { describeError } from "../../core/errors.ts";
import { deviceHeaders } from "../device_headers.ts";
import { formatRequestTarget } from "../request_target.ts";
import type { Arrived } from "./arrival.ts";
import { type Judgement, judgeRequest, readParameters } from "./judge.ts";
import type { FrontParts } from "./parts.ts";
import type { Carried } from "./session_table.ts";
import { joinSockets } from "./socket_join.ts";

/** What of a device's answer to an upgrade goes on; extensions were not offered, so none can have been agreed to. */
const KEPT = ["sec-websocket-accept", "sec-websocket-protocol"];

/**
 * Judges an upgrade to a WebSocket and, when it is allowed, joins both ends. What is said over it is judged by nobody: it
 * goes on for who may change something, and for nobody else (decisions/0114).
 */
export async function carryUpgrade(
  parts: FrontParts,
  arrived: Arrived,
  carried: Carried,
  socket: Duplex,
  early: Uint8Array,
): Promise<void> {
  const { head, target, found, driver } = arrived;
  const read = readParameters(target);
  const { page, decision } = judgeRequest({ ...head, target }, "rule" in read ? [] : read, {
    session: carried.session,
    driver,
    device: found.device,
  });
  const record = (more: Pick<DeviceRequestRecord, "status"> & Partial<DeviceRequestRecord>): DeviceRequestRecord => ({
    ...recordOf(parts, { page, decision }),
    ...more,
  });
  if (decision.effect === "deny") {
    parts.metrics.count("bulkhead_ui_requests_total", { decision: "refused" });
    carried.log.note(record({ status: 403 }));
    return refuseUpgrade(socket, 403, decision.rule);
  }
  try {
    await carried.log.before(record({ status: 0 }));
  } catch (error) {
    parts.log.warn("ui.request.unrecorded", { msg: describeError(error) });
    return refuseUpgrade(socket, 503, "ui.audit.away");
  }
  const pair = { own: found.origin, device: found.page.device };
  const habits = driver.habits?.headers;
  const answer = await carried.link.upgrade({
    method: "GET",
    target: formatRequestTarget(target),
    headers: deviceHeaders(head.fields, pair, { webSocket: true, ...(habits ? { habits } : {}) }),
    bodyLength: 0,
    origin: found.page.device,
  });
  if (answer.kind === "door") return refuseUpgrade(socket, answer.door.status, answer.door.rule);
  if (answer.kind === "answer") {
    answer.body.destroy();
    return refuseUpgrade(socket, answer.status >= 400 ? answer.status : 502, "ui.websocket.refused");
  }
  socket.write(switchHead(answer.rawHeaders));
  const { dropped, ...bytes } = await joinSockets({
    browser: socket,
    device: answer.socket,
    early: { browser: early, device: answer.head },
    speaks: maySpeak(carried.session),
    timers: parts.timers,
    live: carried.live,
  });
  carried.log.note(record({ status: 101, ...bytes }));
  if (dropped === 0) return;
  carried.log.note(record({ status: 101, decision: "refused", rule: "ui.socket.live", count: dropped }));
}

/** Ends an upgrade that is not carried out, with the rule in a header field: nobody sees a body of it. */
export function refuseUpgrade(socket: Duplex, status: number, rule: string): void {
  if (!socket.writable) return void socket.destroy();
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\nContent-Length: 0\r\n` +
    `X-Bulkhead-Rule: ${rule}\r\n\r\n`;
  // Destroyed only when the answer is on its way: over TLS it would be lost (measured on Deno 2.9.6).
  socket.end(text, () => socket.destroy());
}

function switchHead(rawHeaders: readonly string[]): Uint8Array {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1]!;
    if (KEPT.includes(rawHeaders[at]!.toLowerCase()) && /^[\x20-\x7e]*$/.test(value)) {
      lines.push(`${rawHeaders[at]}: ${value}`);
    }
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

function recordOf(parts: FrontParts, { page, decision }: Judgement): Omit<DeviceRequestRecord, "status"> {
  return {
    at: parts.clock.now(),
    method: "WEBSOCKET",
    page: page.row,
    capability: page.capability,
    decision: decision.effect === "allow" ? "allowed" : "refused",
    rule: decision.rule,
    count: 1,
    bytesIn: 0,
    bytesOut: 0,
  };
}
