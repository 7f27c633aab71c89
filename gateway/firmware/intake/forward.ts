import { Buffer } from "node:buffer";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Client } from "basic-ftp";
import type { FirmwareTransferWorkerApi } from "../../core/firmware_transfer_api.ts";
import { UpstreamError } from "../../core/errors.ts";
import type { RpcArgs } from "../../core/rpc.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { plainFileName } from "../serving/codec_target.ts";
import { filling, openSealed } from "../../core/sealed_file.ts";
import { dial, type HttpWay } from "./fetch_http.ts";
import { enterPassive } from "./fetch_ftp.ts";
import { type AllowedUrl, allowUrl, hostOf, type HostRule, portOf, requireAddress, shownUrl } from "./fetch_rules.ts";
import { connectSftp } from "./fetch_sftp.ts";

/** A station's file for its CSMS. */
export type ForwardOrder = RpcArgs<FirmwareTransferWorkerApi, "firmware.forward">;

/** What forwarding works with. */
export interface ForwardParts {
  /** Folder of sealed files. */
  readonly folder: string;
  readonly hosts: readonly HostRule[];
  readonly way: HttpWay;
}

/**
 * Brings a sealed file of a station to where its CSMS wants it: opened piece by piece on its way out, never on this disk.
 * @throws GatewayError FIRMWARE_HOST_REFUSED, UpstreamError UPLOAD_UNSENT, StorageError UPLOAD_BROKEN
 */
export async function forwardFile(order: ForwardOrder, { folder, hosts, way }: ForwardParts): Promise<void> {
  if (!/^[0-9a-f]{1,64}$/.test(order.file)) throw new Error(`"${order.file}" is no name of an upload`);
  const allowed = allowUrl(order.url, hosts);
  const target = { ...allowed, url: destinationOf(allowed.url, order.fileName) };
  const path = `${folder}/${order.file}`;
  const send = { "ftp:": sendFtp, "sftp:": sendSftp }[target.url.protocol] ?? sendHttp;
  await send(target, order, () => openParts(path, order.key), way);
}

/** By FTP and SFTP a place without a file name is a folder; by HTTP only one that ends in a slash. */
export function destinationOf(url: URL, fileName: string): URL {
  const last = url.pathname.split("/").at(-1)!;
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  if (last !== "" && (isWeb || last.includes("."))) return url;
  const next = new URL(url);
  next.pathname = `${url.pathname.replace(/\/$/, "")}/${plainFileName(fileName)}`;
  return next;
}

/** The plain bytes of a sealed file. */
async function* openParts(path: string, key: string): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  yield* openSealed(Buffer.from(key, "base64"), filling(file));
}

/** The same, with an end when nobody takes the next part. */
async function* watched(parts: AsyncIterable<Uint8Array>, { timers }: HttpWay, stalled: () => void) {
  let cancel = timers.after(FIRMWARE_LIMITS.stallMs, stalled);
  try {
    for await (const part of parts) {
      yield part;
      cancel();
      cancel = timers.after(FIRMWARE_LIMITS.stallMs, stalled);
    }
  } finally {
    cancel();
  }
}

type Parts = () => AsyncIterable<Uint8Array>;

/** PUT, as stations do; POST where the receiver says that it does not take that. */
async function sendHttp(target: AllowedUrl, order: ForwardOrder, parts: Parts, way: HttpWay): Promise<void> {
  let status = await request(target, "PUT", order, parts, way);
  if (status === 405 || status === 501) status = await request(target, "POST", order, parts, way);
  if (status < 200 || status > 299) {
    throw unsent(target.url, new Error(`it answered with status ${status}: wanted 2xx`));
  }
}

async function request(
  target: AllowedUrl,
  method: "POST" | "PUT",
  { bytes }: ForwardOrder,
  parts: Parts,
  way: HttpWay,
): Promise<number> {
  const { url } = target;
  const socket = await dial(target, way).catch((error) => Promise.reject(unsent(url, error)));
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  promise.catch(() => {}); // told below, after the body
  const login = url.username === ""
    ? {}
    : { authorization: `Basic ${Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString("base64")}` };
  const call = requestHttp({
    createConnection: () => socket,
    method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...{ host: url.host, "user-agent": "bulkhead", connection: "close", "content-type": "application/octet-stream" },
      "content-length": bytes,
      ...login,
    },
  });
  call.on("error", reject);
  call.on("response", resolve);
  let cancel = () => {};
  try {
    const body = watched(parts(), way, () => call.destroy(new Error("it takes nothing more")));
    // A receiver that refuses answers before it has all: its answer counts.
    await Promise.race([pipeline(Readable.from(body), call), promise]);
    cancel = way.timers.after(FIRMWARE_LIMITS.connectMs, () => reject(new Error("no answer in time")));
    return (await promise).statusCode ?? 0;
  } catch (error) {
    throw isSealFault(error) ? error : unsent(url, error);
  } finally {
    cancel();
    socket.destroy();
  }
}

async function sendFtp({ url, rule }: AllowedUrl, _order: ForwardOrder, parts: Parts, way: HttpWay): Promise<void> {
  const client = new Client(FIRMWARE_LIMITS.connectMs), host = hostOf(url);
  client.prepareTransfer = (ftp) => enterPassive(ftp, host);
  try {
    await client.connect(host, portOf(url));
    requireAddress(client.ftp.socket.remoteAddress, rule);
    await client.login(url.username === "" ? "anonymous" : decode(url.username), decode(url.password) || "bulkhead@");
    await client.send("TYPE I");
    const body = watched(parts(), way, () => client.close());
    await client.uploadFrom(Readable.from(body), decode(url.pathname));
  } catch (error) {
    throw isRefusal(error) || isSealFault(error) ? error : unsent(url, error);
  } finally {
    client.close();
  }
}

async function sendSftp(target: AllowedUrl, _order: ForwardOrder, parts: Parts, way: HttpWay): Promise<void> {
  const { url } = target;
  const { sftp, gone, close } = await connectSftp(target).catch((error) => {
    throw isRefusal(error) ? error : unsent(url, error);
  });
  try {
    const body = watched(parts(), way, close);
    const stream = sftp.createWriteStream(decode(url.pathname), { mode: 0o600 });
    await Promise.race([pipeline(Readable.from(body), stream), gone]);
  } catch (error) {
    throw isSealFault(error) ? error : unsent(url, error);
  } finally {
    close();
  }
}

const decode = (text: string): string => decodeURIComponent(text);
const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;
const isRefusal = (error: unknown): boolean => codeOf(error) === "FIRMWARE_HOST_REFUSED";
const isSealFault = (error: unknown): boolean => codeOf(error) === "UPLOAD_BROKEN";

function unsent(url: URL, cause: unknown): Error {
  if (isRefusal(cause)) return cause as Error;
  return new UpstreamError("UPLOAD_UNSENT", `A station's file could not be brought to ${shownUrl(url)}`, {
    cause,
    hint: "It is kept here, sealed, and tried again; `firmware transfers` shows it",
  });
}
