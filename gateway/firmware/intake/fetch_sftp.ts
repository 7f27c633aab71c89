import { createHash } from "node:crypto";
import { connect as connectTcp } from "node:net";
// @ts-types="./ssh2.d.ts"
import { Client, type SFTPWrapper } from "ssh2";
import { Interruptible } from "../../core/interruptible.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { type AllowedUrl, hostOf, portOf, requireAddress, shownUrl } from "./fetch_rules.ts";
import type { OpenBody } from "./fetch_http.ts";
import { fetchFailed } from "./guarded_stream.ts";

/**
 * Opens a file by SFTP, from a server that shows the host key of its entry; user and password are those of the URL.
 * @throws UpstreamError FIRMWARE_FETCH_FAILED, GatewayError FIRMWARE_HOST_REFUSED
 */
export async function openSftp(from: AllowedUrl): Promise<OpenBody> {
  const { sftp, gone, close } = await connectSftp(from).catch((error) => {
    throw (error as { code?: string }).code === "FIRMWARE_HOST_REFUSED"
      ? error
      : fetchFailed(shownUrl(from.url), error);
  });
  const body = sftp.createReadStream(decodeURIComponent(from.url.pathname));
  body.on("error", () => {}); // who reads it is told too
  return { body: whileOpen(body, gone), close };
}

/** An open SFTP session; `gone` rejects when the connection ends. */
export interface SftpSession {
  readonly sftp: SFTPWrapper;
  readonly gone: Promise<never>;
  close(): void;
}

/** Logs in at a server that shows the host key of its entry. @throws GatewayError FIRMWARE_HOST_REFUSED, Error */
export async function connectSftp({ url, rule }: AllowedUrl): Promise<SftpSession> {
  const client = new Client();
  const socket = connectTcp({ host: hostOf(url), port: portOf(url) });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // it may fail when nobody waits any more
  client.on("error", failed.reject);
  client.on("close", () => failed.reject(new Error("the server closed the connection")));
  socket.on("error", failed.reject);
  const close = () => {
    client.destroy();
    socket.destroy();
  };
  try {
    if (rule.hostKey === undefined) throw new Error(`its entry in site.yaml names no hostKey`);
    await Promise.race([failed.promise, new Promise<void>((resolve) => socket.on("connect", () => resolve()))]);
    requireAddress(socket.remoteAddress, rule);
    const sftp = await Promise.race([failed.promise, open(client, socket, url, rule.hostKey)]);
    return { sftp, gone: failed.promise, close };
  } catch (error) {
    close();
    throw error;
  }
}

function open(client: Client, sock: unknown, url: URL, hostKey: string): Promise<SFTPWrapper> {
  const { promise, resolve, reject } = Promise.withResolvers<SFTPWrapper>();
  client.on("ready", () => client.sftp((error, sftp) => error ? reject(error) : resolve(sftp)));
  client.connect({
    sock,
    host: hostOf(url),
    port: portOf(url),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    readyTimeout: FIRMWARE_LIMITS.connectMs,
    hostVerifier: (key) => `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}` === hostKey,
  });
  return promise;
}

/** A read stream of ssh2 waits for ever when its connection has ended. */
function whileOpen(body: AsyncIterable<Uint8Array>, gone: Promise<never>): AsyncGenerator<Uint8Array> {
  const stream = new Interruptible<Uint8Array>();
  gone.catch((error) => stream.interrupt(error));
  return stream.read(body);
}
