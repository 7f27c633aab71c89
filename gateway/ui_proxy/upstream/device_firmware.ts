import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { DeviceTask, TaskResult } from "../../core/device_operations_api.ts";
import { describeError, GatewayError, IntegrityError } from "../../core/errors.ts";
import type { DeviceSession } from "../drivers/driver.ts";
import type { Upload } from "../drivers/operations.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { plainName } from "./device_download.ts";
import { change, resultOf } from "./device_change.ts";
import type { DeviceVisit } from "./device_visit.ts";
import { failed } from "./operation_failure.ts";
import { readAnswer } from "./play_driver.ts";
import { ProgressTeller } from "./progress_teller.ts";
import type { Spooled } from "./spool.ts";

type Order = DeviceTask & { readonly do: "firmware" };

/**
 * Brings a verified image to the device (invariant 13): copied to a file that nobody else reaches, hashed on the way, and
 * sent from there only when it is what its name says.
 */
export async function bringImage(
  visit: DeviceVisit,
  upload: Upload,
  session: DeviceSession,
  order: Order,
): Promise<TaskResult> {
  let image: Spooled | undefined;
  try {
    image = await takeImage(visit, order);
    const taken = await sendImage(visit, upload, session, order, image);
    if (!taken.ok || !upload.install) return taken;
    return await change(visit, upload.install(session, plainName(order.fileName)));
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "";
    if (/^(?:FIRMWARE|UI_SPOOL|UI_UPLOAD)_/.test(code)) {
      return { ...failed("rule", describeError(error)), rule: ruleOf(code) };
    }
    const failure = await visit.failed(error);
    // Some of it may have come: whoever looks at the version then sees.
    return image ? { ...failure, failure: "unknown" } : failure;
  } finally {
    image?.close();
  }
}

const ruleOf = (code: string): string => code === "FIRMWARE_CHANGED" ? "device-image.unverified" : "device-image.spool";

async function takeImage({ needs: { images, spool } }: DeviceVisit, { sha256 }: Order): Promise<Spooled> {
  if (images === undefined || !/^[0-9a-f]{64}$/.test(sha256)) throw changed(sha256);
  const hash = createHash("sha256");
  using file = await Deno.open(`${images}/${sha256}`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw changed(sha256);
    throw error;
  });
  const kept = await spool.take(piecesOf(file), (piece) => void hash.update(piece));
  if (hash.digest("hex") === sha256) return kept;
  kept.close();
  throw changed(sha256);
}

function changed(sha256: string): IntegrityError {
  return new IntegrityError("FIRMWARE_CHANGED", `Image ${sha256.slice(0, 12)} on the disk is not what was verified`);
}

async function* piecesOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(UI_PROXY_LIMITS.imagePieceBytes);
    const read = await file.read(piece);
    if (read === null) return;
    yield piece.subarray(0, read);
  }
}

async function sendImage(
  visit: DeviceVisit,
  { target, field, fields = {}, taken }: Upload,
  { headers }: DeviceSession,
  { sha256, fileName }: Order,
  image: Spooled,
): Promise<TaskResult> {
  const boundary = `bulkhead-${sha256.slice(0, 32)}`;
  const [head, tail, type] = field === undefined
    ? ["", "", "application/octet-stream"]
    : [formHead(boundary, field, plainName(fileName), fields), `\r\n--${boundary}--\r\n`, formType(boundary)];
  const encoder = new TextEncoder(), before = encoder.encode(head), after = encoder.encode(tail);
  const progress = new ProgressTeller(visit.id, visit.needs);
  const body = async function* () {
    if (before.length > 0) yield before;
    for await (const piece of image.read() as AsyncIterable<Uint8Array>) {
      progress.add(piece.length);
      yield piece;
    }
    if (after.length > 0) yield after;
  };
  const request = { method: "POST", target, headers: [...headers, ["content-type", type]] } as const;
  const stream = Readable.from(body());
  // Whoever sends it looks away once the device has broken off, and the file is closed under the read that is under way.
  stream.on("error", () => {});
  try {
    const bytes = before.length + image.bytes + after.length;
    const answer = await visit.send(request, { bytes, stream, answerMs: UI_PROXY_LIMITS.firmwareAnswerMs });
    return resultOf(taken(await readAnswer(answer, target, visit.stage)));
  } finally {
    stream.destroy();
  }
}

const formType = (boundary: string): string => `multipart/form-data; boundary=${boundary}`;

/** What stands before the file in the form (RFC 7578). Names are the driver's own. */
function formHead(boundary: string, field: string, fileName: string, fields: Readonly<Record<string, string>>): string {
  const parts = Object.entries(fields).map(([name, value]) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  );
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${fileName}"\r\n` +
    "Content-Type: application/octet-stream\r\n\r\n";
  return `${parts.join("")}${file}`;
}
