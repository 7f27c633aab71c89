import { Client, type FTPContext, type FTPResponse } from "basic-ftp";
import { connectForPassiveTransfer } from "basic-ftp/dist/transfer.js";
import { PassThrough } from "node:stream";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { type AllowedUrl, hostOf, portOf, requireAddress, shownUrl } from "./fetch_rules.ts";
import { fetchFailed } from "./guarded_stream.ts";
import type { OpenBody } from "./fetch_http.ts";

/**
 * Opens a file by FTP in passive mode. Neither the file nor the password is protected on the way: the signature is what
 * protects the image. @throws UpstreamError FIRMWARE_FETCH_FAILED, GatewayError FIRMWARE_HOST_REFUSED
 */
export async function openFtp({ url, rule }: AllowedUrl): Promise<OpenBody> {
  const client = new Client(FIRMWARE_LIMITS.connectMs);
  const host = hostOf(url);
  client.prepareTransfer = (ftp) => enterPassive(ftp, host);
  try {
    await client.connect(host, portOf(url));
    requireAddress(client.ftp.socket.remoteAddress, rule);
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    await client.login(user === "" ? "anonymous" : user, user === "" ? "bulkhead@" : password);
    await client.send("TYPE I");
  } catch (error) {
    client.close();
    throw (error as { code?: string }).code === "FIRMWARE_HOST_REFUSED" ? error : fetchFailed(shownUrl(url), error);
  }
  const body = new PassThrough();
  const done = client.downloadTo(body, decodeURIComponent(url.pathname)).then(() => undefined, (error: Error) => error);
  return {
    body: whole(body, done),
    close: () => {
      body.destroy();
      client.close();
    },
  };
}

/** A data connection that breaks looks like one that ends: the server's last word decides. */
async function* whole(body: PassThrough, done: Promise<Error | undefined>): AsyncGenerator<Uint8Array> {
  done.then((error) => error && body.destroy(error));
  yield* body as AsyncIterable<Uint8Array>;
  const error = await done;
  if (error) throw error;
}

/**
 * Opens the data connection to the name of the control connection, whatever address the server names: this Worker may
 * reach names and not addresses, and a server must not choose whom we connect to (FTP bounce).
 */
export async function enterPassive(ftp: FTPContext, host: string): Promise<FTPResponse> {
  const response = await ftp.request("EPSV").catch(() => ftp.request("PASV"));
  const extended = /[|!]{3}(\d{1,5})[|!]/.exec(response.message)?.[1];
  const classic = /\((?:\d{1,3},){4}(\d{1,3}),(\d{1,3})\)/.exec(response.message);
  const port = extended !== undefined ? Number(extended) : classic ? Number(classic[1]) * 256 + Number(classic[2]) : 0;
  if (port < 1 || port > 65_535) throw new Error(`the server opened no passive port: "${response.message}"`);
  const control = ftp.socket.remoteAddress;
  await connectForPassiveTransfer(host, port, ftp);
  if (ftp.dataSocket?.remoteAddress !== control) throw new Error("the data connection led to another address");
  return response;
}
