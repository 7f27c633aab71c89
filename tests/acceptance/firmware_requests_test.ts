import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { imageOf } from "../../gateway/firmware/testing/serving_rig.ts";
import { freePorts } from "../support/free_port.ts";
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
  "LogStatusNotification",
  "PublishFirmwareStatusNotification",
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
  csmsMore: Readonly<Record<string, unknown>> = {},
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
      csmsMore,
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

/** Connects a station and boots it: of one that has not, nobody knows that nothing charges, and updates wait. */
async function booted({ rig }: World, id: "S16" | "S201", firmwareVersion = "1.0"): Promise<RigStation> {
  const station = await rig.station(id);
  const own = id === "S16"
    ? { chargePointVendor: "Bender", chargePointModel: "CC613", firmwareVersion }
    : { reason: "PowerUp", chargingStation: { model: "CC613", vendorName: "Bender", firmwareVersion } };
  await station.call("BootNotification", own);
  return station;
}

async function locationFor(station: RigStation, action = "UpdateFirmware"): Promise<string> {
  await waitFor("the station to be asked", () => asked(station, action).length > 0);
  const { params } = asked(station, action).at(-1)!;
  return String((params["firmware"] as { location: string } | undefined)?.location ?? params["location"]);
}

Deno.test("firmware request: a signed image of the vendor reaches the station through the gateway, and is confirmed by its boot (EV-07, EV-15)", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await booted(world, "S201");
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
    const chargingStation = { model: "CC613", vendorName: "Bender", firmwareVersion: "2.0" };
    await station.call("BootNotification", { reason: "FirmwareUpdate", chargingStation });
    await waitFor("the confirmation", async () => (await requestsOf(rig))[0]?.outcome === "confirmed");
    deepEqual(statusesAt(world, "S201"), [
      ...["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"],
    ], "each once, in order");
    equal((await ask(rig, location)).status, 404, "the grant is closed");
    deepEqual([...station.faults, ...rig.csms.faults], []);
  }));

Deno.test("arbitrary software: no station hears of a flipped bit, a missing byte or a signer of nobody known (1.6, 2.0.1, 2.1)", () =>
  withWorld(async (world) => {
    const { rig } = world, stranger = makeTestCertificate({ subject: [["O", "Evil"], ["CN", "Firmware"]] });
    const ask = updateOf(world, 9), evil = { ...ask.firmware, signingCertificate: stranger.certPem };
    const cases = [
      ["S201", "UpdateFirmware", "FirmwareStatusNotification", IMAGE.map((byte, at) => at === 7 ? byte ^ 1 : byte)],
      ["S16", "SignedUpdateFirmware", "SignedFirmwareStatusNotification", IMAGE.subarray(1)],
    ] as const;
    for (const [id, action, told, file] of cases) {
      const station = await rig.station(id);
      world.file = file;
      deepEqual(await rig.csms.call(id, action, updateOf(world, 7)), { status: "Accepted" });
      await waitFor("the security event", () => rig.csms.of(id, "SecurityEventNotification").length === 1);
      deepEqual(statusesAt(world, id, told), ["DownloadScheduled", "InvalidSignature"]);
      equal(rig.csms.of(id, "SecurityEventNotification")[0]?.params["type"], "InvalidFirmwareSignature");
      deepEqual(asked(station, action), []);
    }
    const ended = async () => (await rig.audited("transfer.request.ended")).map(({ outcome }) => outcome);
    await waitFor("the records of both", async () => (await ended()).length >= 2);
    deepEqual(await ended(), ["failed", "failed"]);
    const station = await rig.station("S21");
    const { status } = await rig.csms.call("S21", "UpdateFirmware", { ...ask, firmware: evil });
    equal(status, "InvalidCertificate", "at once, and nothing is fetched");
    await waitFor("the security event", () => rig.csms.of("S21", "SecurityEventNotification").length === 1);
    deepEqual(asked(station, "UpdateFirmware"), []);
  }));

Deno.test("firmware request: the gateway is killed -9 while it fetches, and again while the station downloads: it goes on", () =>
  withWorld(async (world) => {
    const { rig } = world;
    await booted(world, "S201");
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

Deno.test("station's files: diagnostics come to the gateway, and from there to where the CSMS wants them (EV-15)", () =>
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

    const newer = await rig.station("S21");
    newer.answers.set("GetLog", () => ({ status: "Accepted", filename: "log.gz" }));
    const getLog = { logType: "DiagnosticsLog", requestId: 9, log: { remoteLocation: `${world.logsUrl}/in/` } };
    deepEqual(await rig.csms.call("S21", "GetLog", getLog), { status: "Accepted", filename: "log.gz" });
    const place = (asked(newer, "GetLog")[0]!.params["log"] as { remoteLocation: string }).remoteLocation;
    equal((await ask(rig, `${place}log.gz`, { method: "PUT", body: log })).status, 201);
    await newer.call("LogStatusNotification", { status: "Uploaded", requestId: 9 });
    await waitFor("the CSMS to be told", () => statusesAt(world, "S21", "LogStatusNotification").length === 1);
    equal(logs.get("/in/log.gz")?.compare(log), 0, "GetLog of 2.1");
    deepEqual([...newer.faults, ...station.faults, ...rig.csms.faults], []);
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
    await waitFor("the record", async () => {
      return (await rig.audited("transfer.upload.refused"))[0]?.rule === "firmware.upload-host";
    });
  }));

Deno.test("firmware request: a model that can only do FTP is given a URL of that Worker, which listens with its rights alone", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await booted(world, "S16");
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
    passivePorts: freePorts(2).join("-"),
  }]));

Deno.test("firmware request: the same by SFTP", () =>
  withWorld(async (world) => {
    const { rig } = world, station = await booted(world, "S16");
    await rig.csms.call("S16", "SignedUpdateFirmware", updateOf(world, 6));
    const url = new URL(await locationFor(station, "SignedUpdateFirmware"));
    equal(url.protocol, "sftp:");
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port) });
    const buffer = new Uint8Array(100), count = await withDeadline("a greeting", connection.read(buffer));
    equal(new TextDecoder().decode(buffer.subarray(0, count ?? 0)).slice(0, 13), "SSH-2.0-files");
  }, (port) => [{ protocol: "sftp", listen: `127.0.0.1:${port}`, models: ["bender/CC613"] }]));

const MD5 = createHash("md5").update(IMAGE).digest("hex");

Deno.test("firmware publish: a CSMS has the gateway publish an image, kill -9, and a station is updated from it (L03, L04)", () =>
  withWorld(
    async (world) => {
      const { rig } = world, { csms } = rig;
      const upload = MD5, proof = { signature: SIGNATURE, certificate: SIGNER.certPem };
      await Deno.writeFile(join(rig.folder, "data", "firmware", "uploads", upload), IMAGE);
      await rig.gateway.command("firmware import", {
        ...{ file: "fw.deb", fileName: "fw.deb", upload, vendor: "bender", version: "2.0", accept: true },
        ...proof,
      });
      const told = () => csms.of("GW-1", "PublishFirmwareStatusNotification").map(({ params }) => params);
      const publish = { requestId: 5, location: `${world.vendorUrl}/fw_2.0.deb`, checksum: MD5 };
      await waitFor("the gateway at its CSMS", () => csms.of("GW-1", "BootNotification").length > 0, 60_000);
      deepEqual(await csms.call("GW-1", "PublishFirmware", publish), { status: "Accepted" });
      await waitFor("it to be published, with all told", async () => {
        const [one] = (await rig.gateway.command("firmware publications")).data as {
          state: string;
          telling: unknown[];
        }[];
        return one?.state === "published" && one.telling.length === 0;
      });
      deepEqual(told().map(({ status }) => status), ["Downloading", "Downloaded", "ChecksumVerified", "Published"]);
      const [location] = told().at(-1)!["location"] as string[];
      await rig.restart();
      const station = await booted(world, "S201");
      const { firmware, requestId } = updateOf(world, 43);
      const update = { requestId, firmware: { ...firmware, location } };
      deepEqual(await csms.call("S201", "UpdateFirmware", update), { status: "Accepted" });
      const own = await locationFor(station);
      ok(own !== location, "a station gets a URL of its own");
      equal((await ask(rig, own)).body.compare(IMAGE), 0);
      await waitFor("the gateway back at its CSMS", () => csms.of("GW-1", "BootNotification").length > 1, 60_000);
      // The last byte is counted a moment after the station has it.
      await waitFor("Unpublished", async () => {
        const { status } = await csms.call("GW-1", "UnpublishFirmware", { checksum: MD5 });
        return status === "Unpublished";
      });
      deepEqual(await csms.call("GW-1", "UnpublishFirmware", { checksum: MD5 }), { status: "NoFirmware" });
      equal((await ask(rig, location!)).status, 404, "what is published no more leads nowhere");
      const requestedMessage = "PublishFirmwareStatusNotification";
      deepEqual(await csms.call("GW-1", "TriggerMessage", { requestedMessage }), { status: "Accepted" });
      await waitFor("Idle after Published", () => told().at(-1)?.["status"] === "Idle");
      deepEqual([...csms.faults, ...station.faults], []);
    },
    () => [],
    { localController: { id: "GW-1", protocol: "ocpp2.0.1", passwordFile: "upstream" } },
  ));
