import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { connectHald } from "../../hal/client.ts";
import { openOldTls } from "../../hal/old_tls_client.ts";
import { DeviceWays } from "../../gateway/ui_proxy/upstream/device_ways.ts";
import { DRIVERS } from "../../gateway/ui_proxy/drivers/mod.ts";
import { createOldTlsHelper, openDeviceLink } from "../../gateway/ui_proxy/upstream/mod.ts";
import { FakeControl, textOf } from "../../gateway/ui_proxy/upstream/testing/link_rig.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { freePort } from "../support/free_port.ts";
import { HaldProcess } from "../support/hald_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** A device of another age: RSA with 1024 bits, SHA-1, X.509 version 1, by OpenSSL. */
interface OldDevice extends AsyncDisposable {
  readonly port: number;
  readonly der: Uint8Array<ArrayBuffer>;
  readonly folder: string;
}

async function openssl(...args: string[]): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

async function makeCertificate(folder: string, name: string, version: 1 | 3): Promise<Uint8Array<ArrayBuffer>> {
  const [key, request, certificate] = ["key", "csr", "pem"].map((kind) => `${folder}/${name}.${kind}`);
  await openssl(
    "req",
    "-new",
    "-newkey",
    "rsa:1024",
    "-nodes",
    "-keyout",
    key!,
    "-out",
    request!,
    "-subj",
    "/CN=old",
    "-sha1",
  );
  const extensions = version === 3 ? ["-extfile", `${folder}/v3.cnf`] : [];
  if (version === 3) await Deno.writeTextFile(`${folder}/v3.cnf`, "basicConstraints=CA:FALSE\n");
  await openssl(
    "x509",
    "-req",
    "-in",
    request!,
    "-signkey",
    key!,
    "-sha1",
    "-days",
    "1",
    "-out",
    certificate!,
    ...extensions,
  );
  return new Uint8Array(await openssl("x509", "-in", certificate!, "-outform", "DER"));
}

/** Serves files of its folder over TLS 1.0 (`-HTTP`: the answers stand in files, heads included). */
async function startOldDevice(version: 1 | 3, protocol: "-tls1" | "-tls1_2"): Promise<OldDevice> {
  const folder = await Deno.makeTempDir();
  const der = await makeCertificate(folder, "device", version);
  await Deno.writeTextFile(`${folder}/page`, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold page");
  const port = freePort();
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_server", "-accept", `127.0.0.1:${port}`, "-cert", `${folder}/device.pem`, "-key", `${folder}/device.key`],
      ...[protocol, "-cipher", "ALL:@SECLEVEL=0", "-HTTP", "-quiet"],
    ],
    cwd: folder,
    env: { OPENSSL_CONF: "/dev/null" },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  await waitFor("the device to listen", async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      throw error;
    }
  });
  return {
    port,
    der,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function startHald(...ports: number[]): Promise<HaldProcess> {
  return await HaldProcess.start([], { oldTls: ports.map((port) => ({ address: "127.0.0.1", port })) });
}

async function page(ways: DeviceWays, port: number): Promise<string> {
  const origin = `https://127.0.0.1:${port}`;
  const answer = await ways.send({ method: "GET", target: "/page", headers: [], bodyLength: 0, origin });
  let text = "";
  for await (const part of answer) text += part;
  return text;
}

for (const [version, protocol] of [[1, "-tls1"], [3, "-tls1_2"]] as const) {
  Deno.test(`old TLS: pages of a device with X.509 v${version} and ${protocol.slice(1)} come through the declared helper`, async () => {
    await using device = await startOldDevice(version, protocol);
    await using hald = await startHald(device.port);
    const target = { address: "127.0.0.1", port: device.port };
    const ways = new DeviceWays({
      ...{ timers: systemTimers, sockets: 1, pin: () => device.der, onPinChanged: () => {} },
      oldTls: { open: () => openOldTls(hald.socket, target, device.der) },
    });
    equal(await page(ways, device.port), "old page");
    equal(await page(ways, device.port), "old page", "a device that closes is asked again");
    ways.close();
  });
}

Deno.test("old TLS: another key than the approved certificate's gets no byte; an address that is not listed neither", async () => {
  await using device = await startOldDevice(1, "-tls1");
  await using hald = await startHald(device.port);
  const other = await makeCertificate(device.folder, "other", 1);
  const target = { address: "127.0.0.1", port: device.port };
  await rejects(openOldTls(hald.socket, target, other), { code: "HAL_TLS_REFUSED" });
  await rejects(openOldTls(hald.socket, { ...target, port: device.port + 1 }, device.der), {
    code: "HAL_NOT_CONFIGURED",
  });
  const client = connectHald(hald.socket, { clock: systemClock, timers: systemTimers });
  const { certificate } = await client.call("net.old-tls-certificate", target);
  deepEqual(Uint8Array.from(atob(certificate), (character) => character.charCodeAt(0)), device.der);
  client.close();
});

Deno.test("old TLS: a device that is not there, and one that speaks no TLS", async () => {
  const plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ports = [freePort(), plain.addr.port]; // nobody listens on the first
  await using hald = await startHald(...ports);
  await rejects(openOldTls(hald.socket, { address: "127.0.0.1", port: ports[0]! }, new Uint8Array([1])), {
    code: "HAL_TLS_FAILED",
  });
  const answering = plain.accept().then(async (connection) => {
    await connection.write(new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\n"));
    connection.close();
  });
  await using device = await startOldDevice(1, "-tls1"); // for a certificate that OpenSSL can read
  await rejects(openOldTls(hald.socket, { address: "127.0.0.1", port: ports[1]! }, device.der), {
    code: "HAL_TLS_FAILED",
  });
  await answering;
  plain.close();
});

Deno.test("old TLS: letters that s_client takes for commands are bytes like others", async () => {
  await using device = await startOldDevice(1, "-tls1");
  await using hald = await startHald(device.port);
  const target = { address: "127.0.0.1", port: device.port };
  const stream = await openOldTls(hald.socket, target, device.der);
  let text = "";
  const ended = new Promise((done) => stream.on("close", done));
  stream.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
  // Q ends, R renegotiates, B and K are heartbeats and key updates, when they stand at the start of a piece.
  for (const piece of ["GET /page HTTP/1.0\r\n", "Q: 1\r\n", "R: 1\r\n", "K: 1\r\n", "B: 1\r\n", "\r\n"]) {
    await new Promise((done) => stream.write(piece, done));
  }
  await ended;
  match(text, /old page$/);
});

Deno.test("old TLS: a link tells what the device presents, and opens once a person approved it", async () => {
  await using device = await startOldDevice(1, "-tls1");
  await using hald = await startHald(device.port);
  const control = new FakeControl();
  const link = openDeviceLink(
    {
      station: "CP001",
      driver: DRIVERS.get("guided")!,
      origins: [`https://127.0.0.1:${device.port}`],
      oldTls: createOldTlsHelper(hald.socket),
    },
    { id: "s1", deviceRole: "operator" },
    { control: control as never, timers: systemTimers, clock: systemClock, log: { info: () => {}, warn: () => {} } },
  );
  const ask = () => link.request({ method: "GET", target: "/page", headers: [["host", "x"]], bodyLength: 0 });
  const shut = await ask();
  equal(shut.kind === "door" && shut.door.rule, "ui.door.pin");
  equal(control.told.includes("device.pin.presented der"), true);
  control.pin = btoa(String.fromCharCode(...device.der));
  const answer = await ask();
  if (answer.kind === "door") throw new Error(answer.door.rule);
  equal(await textOf(answer.body), "old page");
  await link.close();
});
