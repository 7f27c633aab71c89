import type { DeviceAnswer } from "./wire/device_answer.ts";
import { SealedSink } from "../../../hal/sealed_sink.ts";
import type { DeviceTask, TaskResult } from "../../core/device_operations_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { DeviceSession } from "../drivers/driver.ts";
import type { Download } from "../drivers/operations.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { DeviceVisit } from "./device_visit.ts";
import { failed } from "./operation_failure.ts";
import { BrokenConversation, fieldsOf } from "./play_driver.ts";
import { ProgressTeller } from "./progress_teller.ts";

type Order = DeviceTask & { readonly do: "logs" | "configuration" };

/** Brings a file of the device to this box, sealed on its way to the disk: no plain byte of it ever stands there. */
export async function fetchFile(
  visit: DeviceVisit,
  download: Download,
  session: DeviceSession,
  order: Order,
): Promise<TaskResult> {
  try {
    if ("collect" in download) return await collected(visit, download.collect(session), order);
    return await streamed(visit, download, session, order);
  } catch (error) {
    if (error instanceof GatewayError && error.code === "UPLOAD_TOO_LARGE") {
      return failed("rejected", `The file has more than ${order.maxBytes} bytes`);
    }
    if (error instanceof GatewayError && error.code === "UPLOAD_FULL") return failed("away", describeError(error));
    return await visit.failed(error instanceof BrokenConversation ? error.cause : error);
  }
}

async function collected(
  visit: DeviceVisit,
  conversation: ReturnType<Extract<Download, { collect: unknown }>["collect"]>,
  order: Order,
): Promise<TaskResult> {
  const { end } = await visit.play(conversation);
  if (end.outcome === "strange") return failed("strange", end.why);
  return await sealed(visit, order, end.fileName, [new TextEncoder().encode(end.text)]);
}

async function streamed(
  visit: DeviceVisit,
  download: Extract<Download, { request: unknown }>,
  session: DeviceSession,
  order: Order,
): Promise<TaskResult> {
  const request = download.request(session);
  const answer = await visit.send(request);
  const status = answer.statusCode ?? 0, headers = fieldsOf(answer.rawHeaders);
  if (!download.isFile({ status, headers })) {
    answer.destroy();
    return failed("rejected", `${request.method} ${request.target} answered ${status} and no file`);
  }
  const named = /filename="?([^";]+)"?/i.exec(headers.get("content-disposition")?.[0] ?? "")?.[1];
  return await sealed(visit, order, named ?? download.fileName, watched(visit, answer));
}

/** A device that falls silent in the middle is broken off. */
async function* watched({ needs: { timers } }: DeviceVisit, answer: DeviceAnswer): AsyncGenerator<Uint8Array> {
  const broken = () => answer.destroy(new Error(`no byte within ${UI_PROXY_LIMITS.deviceSilenceMs} ms`));
  let stop = timers.after(UI_PROXY_LIMITS.deviceSilenceMs, broken);
  try {
    for await (const part of answer as AsyncIterable<Uint8Array>) {
      stop();
      yield part;
      stop = timers.after(UI_PROXY_LIMITS.deviceSilenceMs, broken);
    }
  } finally {
    stop();
  }
}

async function sealed(
  visit: DeviceVisit,
  { file, key, maxBytes }: Order,
  fileName: string,
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<TaskResult> {
  const { needs, target, id } = visit;
  const sink = new SealedSink({ file, key, maxBytes, stationId: target.station }, needs.downloads);
  const progress = new ProgressTeller(id, needs);
  try {
    for await (const part of parts) {
      sink.write(part);
      progress.add(part.length);
    }
    return { ok: true, download: { file, fileName: plainName(fileName), ...sink.finish() } };
  } finally {
    sink.abandon();
  }
}

/** What a file is called on this side, whatever the device says: letters, digits, dots, hyphens and underscores. */
export function plainName(text: string): string {
  const last = text.split(/[/\\]/).at(-1)!.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+/, "").slice(0, 100);
  return last === "" ? "file" : last;
}
