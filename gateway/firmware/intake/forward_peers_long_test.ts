import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { FileServer } from "../../../tests/support/file_server.ts";
import { FtpServer } from "../../../tests/support/ftp_server.ts";
import { createSshKey, startSftpServer } from "../../../tests/support/sftp_server.ts";
import { systemClock } from "../../core/clock.ts";
import { SealingWriter } from "../../core/sealed_file.ts";
import { systemTimers } from "../../core/timers.ts";
import { imageOf } from "../testing/serving_rig.ts";
import type { HostRule } from "./fetch_rules.ts";
import { forwardFile } from "./forward.ts";

// A station's sealed file on its way to where its CSMS wants it, to real receivers of FTP, SFTP and HTTPS.

const KEY = new Uint8Array(32).fill(9);
const LOG = imageOf(300_000);

/** Runs a test with a sealed file in a folder, and what brings it. */
async function withSealed(
  use: (send: (url: string, rule: Partial<HostRule>) => Promise<void>, folder: string) => Promise<void>,
) {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-forward-" }), parts: Uint8Array[] = [];
  const writer = new SealingWriter(KEY, (bytes) => parts.push(Uint8Array.from(bytes)));
  writer.update(LOG);
  writer.finish();
  await Deno.writeFile(`${folder}/ab12`, Buffer.concat(parts));
  const way = {
    clock: systemClock,
    timers: systemTimers,
    signal: new AbortController().signal,
    uplink: { bypass: [] },
  };
  const send = (url: string, rule: Partial<HostRule>) => {
    const order = {
      file: "ab12",
      key: Buffer.from(KEY).toString("base64"),
      bytes: LOG.length,
      url,
      fileName: "diag.zip",
    };
    const host = new URL(url).hostname, schemes = [new URL(url).protocol.slice(0, -1)];
    return forwardFile(order, { folder, hosts: [{ host, address: "on-site", schemes, ...rule }], way });
  };
  try {
    await use(send, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("firmware forward: by FTP, in passive mode, under the name that the station gave it", () =>
  withSealed(async (send) => {
    await using ftp = await FtpServer.up(new Map());
    await send(`ftp://csms:p%40ss@127.0.0.1:${ftp.port}/in/`, {});
    deepEqual([...ftp.received.keys()], ["/in/diag.zip"]);
    equal(Buffer.from(ftp.received.get("/in/diag.zip")!).compare(LOG), 0);
    deepEqual(ftp.asked.slice(0, 2), ["USER csms", "PASS p@ss"]);
  }));

Deno.test("firmware forward: by FTP a wrong password and a refused place are said so, without the login", () =>
  withSealed(async (send) => {
    await using ftp = await FtpServer.up(new Map());
    for (const place of ["csms:wrong@127.0.0.1:PORT/in/", "csms:secret@127.0.0.1:PORT/forbidden/"]) {
      await rejects(send(`ftp://${place.replace("PORT", String(ftp.port))}`, {}), (error: Error & { code: string }) => {
        equal(error.code, "UPLOAD_UNSENT");
        ok(!/wrong|secret/.test(error.message), error.message);
        return true;
      });
    }
    equal(ftp.received.size, 0);
  }));

Deno.test("firmware forward: by SFTP, to the host key that site.yaml pins, and to no other", () =>
  withSealed(async (send, folder) => {
    const host = createSshKey(), user = createSshKey(), other = createSshKey();
    const root = `${folder}/in`;
    await Deno.mkdir(root);
    const server = await startSftpServer({ root, hostKeyPem: host.pem, userKey: user.publicKey, password: "p@ss" });
    const pin = (key: Uint8Array) => `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
    const url = `sftp://bulkhead:p%40ss@127.0.0.1:${server.port}/`;
    try {
      await rejects(send(url, { hostKey: pin(other.publicKey) }), { code: "UPLOAD_UNSENT" });
      deepEqual(server.requests, []);
      await rejects(send(url.replace("p%40ss", "wrong"), { hostKey: pin(host.publicKey) }), { code: "UPLOAD_UNSENT" });
      await send(url, { hostKey: pin(host.publicKey) });
      equal(Buffer.from(await Deno.readFile(`${root}/diag.zip`)).compare(LOG), 0);
    } finally {
      await server.close();
    }
  }));

Deno.test("firmware forward: by HTTPS, to the CA that site.yaml names, and to no other", () =>
  withSealed(async (send) => {
    await using server = await FileServer.up(new Map()), other = await FileServer.up(new Map());
    const received: Buffer[] = [];
    server.misbehave = (_path, response, request) => {
      request.on("data", (part: Buffer) => received.push(part));
      request.on("end", () => response.writeHead(201).end());
      return true;
    };
    await rejects(send(`${server.url}/in/`, { ca: other.ca.pem }), { code: "UPLOAD_UNSENT" });
    deepEqual(server.asked, []);
    await send(`${server.url}/in/`, { ca: server.ca.pem });
    deepEqual(server.asked, ["in/diag.zip"]);
    equal(Buffer.concat(received).compare(LOG), 0);
  }));
