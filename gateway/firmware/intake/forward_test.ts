import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { createSshKey } from "../../../tests/support/sftp_server.ts";
import { systemClock } from "../../core/clock.ts";
import { systemTimers } from "../../core/timers.ts";
import { SealingWriter } from "../../core/sealed_file.ts";
import { imageOf } from "../testing/serving_rig.ts";
import type { HostRule } from "./fetch_rules.ts";
import { destinationOf, forwardFile } from "./forward.ts";

const KEY = new Uint8Array(32).fill(9);
const LOG = imageOf(200_000);
const RULE: HostRule = { host: "127.0.0.1", address: "on-site", schemes: ["http", "sftp"] };

const PLACES: readonly (readonly [string, string])[] = [
  ["https://logs.example/in/", "https://logs.example/in/diag.zip"],
  ["https://logs.example/in", "https://logs.example/in"],
  ["https://logs.example/in/x.zip?key=1", "https://logs.example/in/x.zip?key=1"],
  ["https://logs.example", "https://logs.example/diag.zip"],
  ["ftp://u:p@logs.example/in", "ftp://u:p@logs.example/in/diag.zip"],
  ["ftp://logs.example/in/", "ftp://logs.example/in/diag.zip"],
  ["sftp://logs.example/in/x.zip", "sftp://logs.example/in/x.zip"],
  ["ftp://logs.example", "ftp://logs.example/diag.zip"],
];
for (const [location, wanted] of PLACES) {
  Deno.test(`firmware forward: a file for ${location} goes to ${wanted}`, () => {
    equal(destinationOf(new URL(location), "diag.zip").href, wanted);
  });
}

Deno.test("firmware forward: a station's name for its file cannot lead elsewhere", () => {
  equal(destinationOf(new URL("ftp://logs.example/in/"), "../../etc/passwd").href, "ftp://logs.example/in/passwd");
});

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** A receiver by HTTP that answers as told, and a sealed file to bring. */
async function withReceiver(
  answer: (request: Received, response: ServerResponse) => void,
  use: (parts: {
    readonly received: Received[];
    send(changes?: { url?: string; hosts?: readonly HostRule[]; time?: ManualTime }): Promise<void>;
    readonly folder: string;
    readonly port: number;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir(), received: Received[] = [], parts: Uint8Array[] = [];
  const writer = new SealingWriter(KEY, (bytes) => parts.push(Uint8Array.from(bytes)));
  writer.update(LOG);
  writer.finish();
  await Deno.writeFile(`${folder}/ab12`, Buffer.concat(parts));
  const server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (part: Buffer) => body.push(part));
    request.on("end", () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(body) });
      answer(received.at(-1)!, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const send = (
    { url = `http://127.0.0.1:${port}/in/`, hosts = [RULE], time }: Parameters<typeof use>[0]["send"] extends
      (changes?: infer C) => unknown ? NonNullable<C> : never = {},
  ) =>
    forwardFile(
      { file: "ab12", key: Buffer.from(KEY).toString("base64"), bytes: LOG.length, url, fileName: "diag.zip" },
      {
        folder,
        hosts,
        way: {
          clock: time ?? systemClock,
          timers: time ?? systemTimers,
          signal: new AbortController().signal,
          uplink: { bypass: [] },
        },
      },
    );
  try {
    await use({ received, send, folder, port });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await Deno.remove(folder, { recursive: true });
  }
}

const created = (_request: Received, response: ServerResponse) => void response.writeHead(201).end();

Deno.test("firmware forward: by HTTP the file arrives whole, as it was before it was sealed, with its length and login", () =>
  withReceiver(created, async ({ received, send, port }) => {
    await send({ url: `http://user:p%40ss@127.0.0.1:${port}/in/?key=1` });
    const [{ method, url, headers, body }] = received as [Received];
    deepEqual([method, url, headers["content-length"]], ["PUT", "/in/diag.zip?key=1", String(LOG.length)]);
    equal(headers.authorization, `Basic ${btoa("user:p@ss")}`);
    equal(body.compare(LOG), 0);
  }));

for (const status of [405, 501]) {
  Deno.test(`firmware forward: a receiver that answers PUT with ${status} gets a POST`, () =>
    withReceiver(
      ({ method }, response) => void response.writeHead(method === "PUT" ? status : 204).end(),
      async ({ received, send }) => {
        await send();
        deepEqual(received.map(({ method, body }) => [method, body.length]), [["PUT", LOG.length], [
          "POST",
          LOG.length,
        ]]);
      },
    ));
}

for (const status of [200, 202, 204]) {
  Deno.test(`firmware forward: ${status} is good`, () =>
    withReceiver((_request, response) => void response.writeHead(status).end(), ({ send }) => send()));
}

for (const status of [302, 400, 401, 403, 404, 413, 500, 503]) {
  Deno.test(`firmware forward: ${status} is not`, () =>
    withReceiver(
      (_request, response) => void response.writeHead(status, { Location: "http://elsewhere.example/" }).end(),
      async ({ send, received }) => {
        await rejects(send(), (error: Error & { code: string }) => {
          equal(error.code, "UPLOAD_UNSENT");
          ok(String(error.cause).includes(String(status)));
          return true;
        });
        equal(received.length, 1, "and it is not sent on to where a redirect leads");
      },
    ));
}

Deno.test("firmware forward: hosts and schemes that site.yaml does not name get nothing", () =>
  withReceiver(created, async ({ send, received, port }) => {
    for (
      const [url, hosts] of [
        [`http://127.0.0.1:${port}/`, []],
        [`http://127.0.0.1:${port}/`, [{ ...RULE, host: "127.0.0.2" }]],
        [`http://127.0.0.1:${port}/`, [{ ...RULE, schemes: ["https"] }]],
        [`http://127.0.0.1:${port}/`, [{ ...RULE, address: "public" as const }]],
        ["file:///etc/passwd", [RULE]],
      ] as const
    ) {
      await rejects(send({ url, hosts }), { code: "FIRMWARE_HOST_REFUSED" }, url);
    }
    deepEqual(received, []);
  }));

Deno.test("firmware forward: nobody there is said so, without the login of the URL", () =>
  withReceiver(created, async ({ send }) => {
    await rejects(send({ url: "http://user:secret@127.0.0.1:1/in/" }), (error: Error & { code: string }) => {
      equal(error.code, "UPLOAD_UNSENT");
      ok(error.message.includes("127.0.0.1:1") && !error.message.includes("secret"));
      return true;
    });
  }));

Deno.test("firmware forward: a sealed copy that was changed on the disk is not brought as if it were whole", () =>
  withReceiver(created, async ({ send, folder, received }) => {
    const bytes = await Deno.readFile(`${folder}/ab12`);
    bytes[150_000]! ^= 1;
    await Deno.writeFile(`${folder}/ab12`, bytes);
    await rejects(send(), { code: "UPLOAD_BROKEN" });
    deepEqual(received, []);
  }));

Deno.test("firmware forward: names of files are names, never ways", async () => {
  const order = { file: "../site.yaml", key: "", bytes: 0, url: "http://127.0.0.1/", fileName: "x" };
  const way = {
    clock: systemClock,
    timers: systemTimers,
    signal: new AbortController().signal,
    uplink: { bypass: [] },
  };
  await rejects(forwardFile(order, { folder: "/tmp", hosts: [RULE], way }), /no name of an upload/);
});

Deno.test("firmware forward: an SFTP server with another host key than pinned gets nothing", () =>
  withReceiver(created, async ({ send }) => {
    const { publicKey } = createSshKey();
    const hostKey = `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace(/=+$/, "")}`;
    await rejects(send({ url: "sftp://u:p@127.0.0.1:1/in/", hosts: [{ ...RULE, hostKey }] }), {
      code: "UPLOAD_UNSENT",
    });
    await rejects(send({ url: "sftp://u:p@127.0.0.1:1/in/" }), { code: "UPLOAD_UNSENT" });
  }));
