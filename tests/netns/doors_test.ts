import { deepEqual, equal, match } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { FrontRig } from "../../gateway/ui_proxy/testing/front_rig.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runCommand } from "../support/run_command.ts";
import { runSClient } from "../support/s_client.ts";
import { waitFor } from "../support/wait_for.ts";

// curl and openssl as strangers have them, at the doors towards people: the console and the pages of controllers.

const HOSTNAME = "gw.garage.example";

/** A gateway with both doors and one controller that nobody reaches. */
async function withDoors(
  test: (doors: { console: number; pages: number; ca: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-doors-" });
  const { console, tls: pages } = reservePorts(), configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(
    configFile,
    stringify({
      version: 1,
      site: { id: "garage" },
      console: { listen: `127.0.0.1:${console}`, hostname: HOSTNAME, devicePages: { listen: `127.0.0.1:${pages}` } },
      stations: [{ id: "CP001", ui: { url: "http://127.0.0.9:9", driver: "guided", plaintext: "isolated-segment" } }],
    }),
  );
  const gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  try {
    const { data } = await gateway.command("cert export-ca");
    const ca = (data as { pem: string }).pem;
    await Deno.writeTextFile(`${folder}/ca.pem`, ca);
    await test({ console, pages, ca: `${folder}/ca.pem` });
  } finally {
    await gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Status, head and body that curl got; status 0 when there was none. */
async function curl(host: string, port: number, path: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runCommand([
    ...["curl", "-sS", "-i", "--path-as-is", "--max-time", "20", "--noproxy", "*"] as const,
    ...["--resolve", `${host}:${port}:127.0.0.1`, ...args, `https://${host}:${port}${path}`],
  ] as [string, ...string[]]);
  const status = Number(stdout.match(/^HTTP\/1\.1 \d+/gm)?.at(-1)?.slice(9) ?? 0); // an interim answer may stand before it
  return { code, status, text: stdout, stderr };
}

const REFUSED: readonly [what: string, path: string, args: readonly string[], console: number, pages: number][] = [
  ["nobody asks for a page", "/", [], 401, 401],
  ["another name", "/", ["-H", "Host: evil.example"], 421, 421],
  ["TRACE", "/", ["-X", "TRACE"], 403, 405],
  ["HTTP/1.0", "/", ["--http1.0", "--no-alpn"], 0, 505],
  [
    "both lengths",
    "/",
    ["-X", "POST", "-H", "Content-Length: 3", "-H", "Transfer-Encoding: chunked", "-d", "abc"],
    400,
    400,
  ],
  ["a form without a witness of its origin", "/x", ["-d", "a=b"], 403, 403],
  ["a form of another site", "/x", ["-d", "a=b", "-H", "Origin: https://evil.example"], 403, 403],
  ["a way up", "/a/../../etc/passwd", [], 0, 400],
  ["a long target", `/${"a".repeat(3_000)}`, [], 0, 414],
  ["a head that is too long", "/", ["-H", `X: ${"a".repeat(40_000)}`], 431, 431],
  [
    "a WebSocket of nobody",
    "/x",
    [
      "-H",
      "Connection: Upgrade",
      "-H",
      "Upgrade: websocket",
      "-H",
      "Sec-WebSocket-Version: 13",
      "-H",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ],
    404,
    403,
  ],
];

Deno.test("doors: what curl asks as a stranger is refused at both doors by the same words each time; openssl sees TLS 1.2 and 1.3 alone", (t) =>
  withDoors(async ({ console, pages, ca }) => {
    const page = `cp001.${HOSTNAME}`;
    for (const [what, path, args, atConsole, atPages] of REFUSED) {
      await t.step(what, async () => {
        const pagesAnswer = await curl(page, pages, path, "--cacert", ca, ...args);
        equal(pagesAnswer.status, atPages, `${pagesAnswer.stderr}${pagesAnswer.text.slice(0, 300)}`);
        if (atConsole === 0) return;
        const consoleAnswer = await curl(HOSTNAME, console, path, "--cacert", ca, ...args);
        equal(consoleAnswer.status, atConsole, `${consoleAnswer.stderr}${consoleAnswer.text.slice(0, 300)}`);
      });
    }
    await t.step("the certificate is the site CA's, for these names and no other", async () => {
      equal((await curl(page, pages, "/")).code, 60, "not by the CAs of the world");
      equal((await curl("cp001.gw.other.example", pages, "/", "--cacert", ca)).code, 60);
      const health = await curl(HOSTNAME, console, "/healthz", "--cacert", ca);
      equal(health.status, 200);
    });
    for (const port of [console, pages]) {
      await t.step(`versions at ${port === console ? "the console" : "the pages"}`, async () => {
        const servername = port === console ? HOSTNAME : page;
        for (const version of ["tls1_1", "tls1_2", "tls1_3"] as const) {
          const input = `GET /healthz HTTP/1.1\r\nHost: ${servername}:${port}\r\nConnection: close\r\n\r\n`;
          const { output } = await runSClient({ port, servername, version, input });
          if (version === "tls1_1") match(output, /alert|no protocols available|wrong version/i);
          else match(output, version === "tls1_2" ? /Protocol\s*: TLSv1\.2/ : /New, TLSv1\.3/);
          equal(/HTTP\/1\.1 \d{3}/.test(output), version !== "tls1_1", version);
        }
      });
    }
  }));

Deno.test("doors: curl with a person's cookie: a page, a part of a file, an upload with its length, a WebSocket's handshake", async (t) => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536)), file = await Deno.makeTempFile();
  const image = Uint8Array.from({ length: 4_000_000 }, (_, at) => bytes[at & 0xffff]!);
  await Deno.writeFile(file, image);
  let received = 0, length: string | undefined;
  const device = createServer((request, response) => {
    if (request.method === "POST" || request.method === "PUT") {
      length = request.headers["content-length"];
      request.on("data", (part: Uint8Array) => received += part.length);
      return void request.on("end", () => response.end("stored"));
    }
    if (request.headers.range !== "bytes=2-4") return void response.end("page of the controller");
    response.writeHead(206, { "content-range": "bytes 2-4/9", "content-length": "3" }).end("234");
  });
  device.on("upgrade", (_, socket) => {
    socket.end(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    );
  });
  await new Promise<void>((resolve) => device.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(device.address() as AddressInfo).port}`;
  const rig = await FrontRig.open([{ station: "CP001", origins: [origin], device: { driver: "guided" } }]);
  try {
    const token = await rig.enter("CP001", { deviceRole: "manufacturer", capabilities: ["view", "edit"] });
    const cookie = ["-k", "-H", `Cookie: __Host-bulkhead-device=${token}`, "-H", `Origin: ${rig.origin()}`];
    const ask = (path: string, ...args: readonly string[]) =>
      curl("cp001.gw.lab.example", rig.port, path, ...cookie, ...args);
    await t.step("a page", async () => match((await ask("/")).text, /page of the controller/));
    await t.step("a part", async () => {
      const { status, text } = await ask("/log", "-r", "2-4");
      deepEqual([status, text.endsWith("234")], [206, true]);
    });
    await t.step("an upload", async () => {
      const { status, text, stderr } = await ask(
        "/import",
        "-X",
        "POST",
        "--data-binary",
        `@${file}`,
        "-H",
        "Expect: 100-continue",
      );
      deepEqual([status || stderr, /stored$/.test(text), received, length], [
        200,
        true,
        image.length,
        String(image.length),
      ]);
    });
    await t.step("an upload of unknown length", async () => {
      equal((await ask("/import", "-H", "Transfer-Encoding: chunked", "-d", "a=b")).status, 411);
    });
    await t.step("a WebSocket", async () => {
      const key = ["-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
      const { text } = await ask("/live", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", ...key);
      match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Sec-WebSocket-Accept: x/);
    });
    await t.step("after its end the cookie opens nothing", async () => {
      rig.people.sessions.clear();
      await rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "killed" });
      await waitFor("the refusal", async () => (await ask("/")).status === 401);
    });
  } finally {
    await rig[Symbol.asyncDispose]();
    (device as unknown as { closeAllConnections(): void }).closeAllConnections();
    await new Promise((done) => device.close(done));
    await Deno.remove(file);
  }
});
