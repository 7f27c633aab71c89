import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { imageOf } from "../../gateway/firmware/testing/serving_rig.ts";
import { type RehomingRig, type RigStation, withRehoming } from "../support/rehoming_rig.ts";
import { makeTestCertificate, TestCa } from "../support/test_ca.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

// The whole gateway between a CSMS, stations, a vendor's file server and a CSMS's receiver of logs.

const ROOT = new TestCa("Bender firmware root");
const SIGNER = makeTestCertificate({ subject: [["O", "Bender"], ["CN", "Firmware"]] }, ROOT.certificate);
const IMAGE = imageOf(300_000);
const SIGNATURE = sign("sha256", IMAGE, SIGNER.key).toString("base64");
const LONG_AGO = "2026-01-01T00:00:00Z";

const NOTIFICATIONS = [
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "SecurityEventNotification",
  "SignedFirmwareStatusNotification",
];

interface World {
  readonly rig: RehomingRig;
  /** What the vendor's server gives out; undefined: it lets whoever asks wait. */
  file: Uint8Array | undefined;
  readonly vendorUrl: string;
  readonly logsUrl: string;
  /** What came to the CSMS's receiver of logs, by path. */
  readonly logs: Map<string, Buffer>;
}

/** A server on loopback that is gone after the test. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function withWorld(
  test: (world: World) => Promise<void>,
  exceptions: (port: number) => unknown[] = () => [],
): Promise<void> {
  const logs = new Map<string, Buffer>(), state: { file: Uint8Array | undefined } = { file: IMAGE };
  const vendor = await serve((_request, response) => void (state.file && response.end(state.file)));
  const receiver = await serve((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      logs.set(request.url!, Buffer.concat(parts));
      response.writeHead(201).end();
    });
  });
  const host = { host: "127.0.0.1", address: "on-site", schemes: ["http"] };
  try {
    await withRehoming(
      (rig) => {
        for (const action of NOTIFICATIONS) rig.csms.answers.set(action, () => ({}));
        const world: World = Object.assign(state, { rig, logs, vendorUrl: vendor.url, logsUrl: receiver.url });
        return test(world);
      },
      {},
      (folder, ports) => {
        Deno.writeTextFileSync(join(folder, "bender.pem"), ROOT.pem);
        return {
          firmware: {
            listen: `127.0.0.1:${ports.console}`,
            vendors: [{ vendor: "bender", manufacturerRootsFile: "bender.pem" }],
            fetchHosts: [host],
            uploadHosts: [host],
            exceptions: exceptions(ports.metrics),
          },
        };
      },
    );
  } finally {
    await vendor.close();
    await receiver.close();
  }
}

const updateOf = ({ vendorUrl }: World, requestId: number) => ({
  requestId,
  firmware: {
    location: `${vendorUrl}/ebee_firmware_2.0.deb`,
    retrieveDateTime: LONG_AGO,
    signingCertificate: SIGNER.certPem,
    signature: SIGNATURE,
  },
});

/** One request of a station over the URL that it was given. */
function ask(
  rig: RehomingRig,
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Buffer }>();
  const { body, ...rest } = options;
  const request = httpsRequest(url, { ca: rig.siteCaPem, agent: false, ...rest });
  request.on("response", (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }));
  });
  request.on("error", reject);
  request.end(body);
  return withDeadline("an answer", promise);
}

const asked = (station: RigStation, method: string) => station.requests.filter((one) => one.method === method);
const statusesAt = ({ rig }: World, id: string, method = "FirmwareStatusNotification") =>
  rig.csms.of(id, method).map(({ params }) => (params as { status: string }).status);
const requestsOf = async (rig: RehomingRig) =>
  (await rig.gateway.command("firmware requests")).data as {
    state: string;
    outcome?: string;
    rule?: string;
    telling: unknown[];
  }[];

/** The newest request is stored in that state, with nothing left to tell its CSMS: a kill after this repeats nothing. */
const stands = (rig: RehomingRig, state: string) =>
  waitFor(`a request that is ${state}, with all told`, async () => {
    const [newest] = await requestsOf(rig);
    return newest?.state === state && newest.telling.length === 0;
  });

async function locationFor(station: RigStation, action = "UpdateFirmware"): Promise<string> {
  await waitFor("the station to be asked", () => asked(station, action).length > 0);
  const { params } = asked(station, action).at(-1)!;
  return String((params["firmware"] as { location: string } | undefined)?.location ?? params["location"]);
}

Deno.test("firmware request: a signed image of the vendor reaches the station through the gateway, and is confirmed by its boot", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await rig.station("S201");
    const boot = (firmwareVersion: string) =>
      station.call("BootNotification", {
        reason: "PowerUp",
        chargingStation: { model: "CC613", vendorName: "Bender", firmwareVersion },
      });
    await boot("1.0");
    deepEqual(await rig.csms.call("S201", "UpdateFirmware", updateOf(world, 42)), { status: "Accepted" });
    const location = await locationFor(station);
    ok(location.startsWith("https://127.0.0.1:") && location.endsWith("/ebee_firmware_2.0.deb"), location);
    const half = await ask(rig, location, { headers: { Range: "bytes=0-99999" } });
    const rest = await ask(rig, location, { headers: { Range: "bytes=100000-" } });
    deepEqual([half.status, rest.status], [206, 206]);
    equal(Buffer.concat([half.body, rest.body]).compare(IMAGE), 0, "byte for byte what the vendor signed");
    for (
      const status of ["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"]
    ) {
      await station.call("FirmwareStatusNotification", { status, requestId: 42 });
    }
    await boot("2.0");
    await waitFor("the confirmation", async () => (await requestsOf(rig))[0]?.outcome === "confirmed");
    deepEqual(statusesAt(world, "S201"), [
      ...["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"],
    ], "each once, in order");
    equal((await ask(rig, location)).status, 404, "the grant is closed");
    deepEqual([...station.faults, ...rig.csms.faults], []);
  }));

for (
  const [what, change, dialect] of [
    ["a flipped bit", (file: Uint8Array) => file.map((byte, at) => at === 7 ? byte ^ 1 : byte), "2.0.1"],
    ["a missing byte", (file: Uint8Array) => file.subarray(1), "1.6"],
  ] as const
) {
  Deno.test(`arbitrary software: ${what} in the image of a CSMS's URL: no station hears of it (${dialect})`, () =>
    withWorld(async (world) => {
      const { rig } = world, id = dialect === "1.6" ? "S16" : "S201", station = await rig.station(id);
      world.file = change(IMAGE);
      const action = dialect === "1.6" ? "SignedUpdateFirmware" : "UpdateFirmware";
      deepEqual(await rig.csms.call(id, action, updateOf(world, 7)), { status: "Accepted" });
      const told = dialect === "1.6" ? "SignedFirmwareStatusNotification" : "FirmwareStatusNotification";
      await waitFor("the security event", () => rig.csms.of(id, "SecurityEventNotification").length === 1);
      deepEqual(statusesAt(world, id, told), ["DownloadScheduled", "InvalidSignature"]);
      equal(rig.csms.of(id, "SecurityEventNotification")[0]?.params["type"], "InvalidFirmwareSignature");
      deepEqual(asked(station, action), []);
      equal((await rig.audited("transfer.request.ended"))[0]?.outcome, "failed");
    }));
}

Deno.test("firmware request: a signing certificate of nobody known is answered at once, and nothing is fetched", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await rig.station("S201");
    const stranger = makeTestCertificate({ subject: [["O", "Evil"], ["CN", "Firmware"]] });
    const ask = updateOf(world, 9);
    const { status } = await rig.csms.call("S201", "UpdateFirmware", {
      ...ask,
      firmware: { ...ask.firmware, signingCertificate: stranger.certPem },
    });
    equal(status, "InvalidCertificate");
    await waitFor("the security event", () => rig.csms.of("S201", "SecurityEventNotification").length === 1);
    deepEqual(asked(station, "UpdateFirmware"), []);
  }));

Deno.test("firmware request: the gateway is killed -9 while it fetches, and again while the station downloads: it goes on", () =>
  withWorld(async (world) => {
    const { rig } = world;
    await rig.station("S201");
    world.file = undefined;
    await rig.csms.call("S201", "UpdateFirmware", updateOf(world, 11));
    await stands(rig, "fetching");
    await rig.restart();
    world.file = IMAGE;
    const again = await rig.station("S201");
    const location = await locationFor(again);
    const half = await ask(rig, location, { headers: { Range: "bytes=0-99999" } });
    await stands(rig, "station");
    await rig.restart();
    const rest = await ask(rig, location, { headers: { Range: "bytes=100000-" } });
    equal(Buffer.concat([half.body, rest.body]).compare(IMAGE), 0, "the same URL leads on after a restart");
    const back = await rig.station("S201");
    await back.call("FirmwareStatusNotification", { status: "Installed", requestId: 11 });
    await stands(rig, "installed");
    deepEqual(
      statusesAt(world, "S201"),
      ["DownloadScheduled", "Installed"],
      "each once: every kill came after its record",
    );
  }));

Deno.test("station's files: diagnostics come to the gateway, and from there to where the CSMS wants them", () =>
  withWorld(async (world) => {
    const { rig, logs } = world, station = await rig.station("S16"), log = imageOf(150_000);
    station.answers.set("GetDiagnostics", () => ({ fileName: "diag.zip" }));
    const answer = await rig.csms.call("S16", "GetDiagnostics", { location: `${world.logsUrl}/in/` });
    deepEqual(answer, { fileName: "diag.zip" });
    const location = await locationFor(station, "GetDiagnostics");
    ok(location.startsWith("https://127.0.0.1:"), location);
    await station.call("DiagnosticsStatusNotification", { status: "Uploading" });
    equal((await ask(rig, `${location}diag.zip`, { method: "PUT", body: log })).status, 201);
    await station.call("DiagnosticsStatusNotification", { status: "Uploaded" });
    await waitFor("the CSMS to be told", () => statusesAt(world, "S16", "DiagnosticsStatusNotification").length === 2);
    equal(logs.get("/in/diag.zip")?.compare(log), 0);
    deepEqual(statusesAt(world, "S16", "DiagnosticsStatusNotification"), ["Uploading", "Uploaded"]);
    const [{ file }] = (await rig.gateway.command("firmware transfers")).data as [{ file: string }];
    const sealed = await Deno.readFile(join(rig.folder, "data", "uploads", file));
    ok(!Buffer.from(sealed).includes(Buffer.from(log.subarray(1_000, 1_064))), "the copy that is kept is sealed");
    // A short body: one that is still on its way when it is refused may meet a closed connection instead of the answer.
    const again = await ask(rig, `${location}diag.zip`, { method: "PUT", body: log.subarray(0, 8) });
    equal(again.status, 404, "it is brought once");
  }));

Deno.test("station's files: a CSMS that wants them elsewhere than site.yaml allows gets none, and no station is asked", () =>
  withWorld(async ({ rig }) => {
    const station = await rig.station("S201");
    const { status } = await rig.csms.call("S201", "GetLog", {
      logType: "DiagnosticsLog",
      requestId: 3,
      log: { remoteLocation: "https://exfiltration.example/in" },
    });
    equal(status, "Rejected");
    deepEqual(asked(station, "GetLog"), []);
    equal((await rig.audited("transfer.upload.refused"))[0]?.rule, "firmware.upload-host");
  }));

Deno.test("firmware request: a model that can only do FTP is given a URL of that Worker, which listens with its rights alone", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await rig.station("S16");
    await rig.csms.call("S16", "SignedUpdateFirmware", updateOf(world, 5));
    const url = new URL(await locationFor(station, "SignedUpdateFirmware"));
    equal(url.protocol, "ftp:");
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port) });
    const buffer = new Uint8Array(100);
    const say = async (line: string) => {
      if (line !== "") await connection.write(new TextEncoder().encode(`${line}\r\n`));
      const count = await withDeadline("a reply", connection.read(buffer));
      return new TextDecoder().decode(buffer.subarray(0, count ?? 0)).slice(0, 3);
    };
    deepEqual([await say(""), await say("USER station")], ["220", "331"]);
    equal(await say(`PASS ${url.password}`), "230");
    equal(await say("EPSV"), "229");
    equal(await say("SIZE ebee_firmware_2.0.deb"), "213");
    const status = await rig.gateway.command("status");
    ok(String(status.text).includes("travel by ftp"), "the exception stays visible");
  }, (port) => [{
    ...{ protocol: "ftp", listen: `127.0.0.1:${port}`, models: ["bender/*"], plaintext: "isolated-segment" },
    passivePorts: "47330-47331",
  }]));

Deno.test("firmware request: the same by SFTP", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await rig.station("S16");
    await rig.csms.call("S16", "SignedUpdateFirmware", updateOf(world, 6));
    const url = new URL(await locationFor(station, "SignedUpdateFirmware"));
    equal(url.protocol, "sftp:");
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port) });
    const buffer = new Uint8Array(100), count = await withDeadline("a greeting", connection.read(buffer));
    equal(new TextDecoder().decode(buffer.subarray(0, count ?? 0)).slice(0, 13), "SSH-2.0-files");
  }, (port) => [{ protocol: "sftp", listen: `127.0.0.1:${port}`, models: ["bender/CC613"] }]));
