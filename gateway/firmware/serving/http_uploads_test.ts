import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor, withDeadline } from "../../../tests/support/wait_for.ts";
import { GatewayError } from "../../core/errors.ts";
import { askHttp as ask } from "../testing/ask_http.ts";
import { imageOf, type ServingRig, TOKEN, withServing } from "../testing/serving_rig.ts";
import { SERVING_LIMITS } from "./limits.ts";
import { filling, openSealed } from "../../core/sealed_file.ts";
import { startFirmware } from "./serve_service.ts";
import type { FileListener } from "./worker_config.ts";

const HTTP: FileListener = { name: "firmware:http", protocol: "http", host: "127.0.0.1", port: 0 };
type RigOptions = Partial<Parameters<typeof withServing>[0]>;

const served = (use: (rig: ServingRig) => Promise<void>, options: RigOptions = {}) =>
  withServing({ listeners: [HTTP], start: startFirmware, ...options }, use);

async function opened(rig: ServingRig, file = "ab12"): Promise<Buffer> {
  using handle = await Deno.open(`${rig.folder}/uploads/${file}`);
  const parts: Uint8Array[] = [];
  for await (const part of openSealed(new Uint8Array(32).fill(7), filling(handle))) parts.push(part);
  return Buffer.concat(parts);
}

for (const method of ["PUT", "POST"]) {
  Deno.test(`firmware http: a log that comes by ${method} is sealed, recorded, and then acknowledged`, () =>
    served(async (rig) => {
      rig.grant = rig.upload();
      const body = imageOf(200_000);
      const { status } = await ask(rig, `/u/${TOKEN}/diag.zip`, { method, body });
      equal(status, 201);
      equal((await opened(rig)).compare(body), 0);
      const [{ method: told, args }] = rig.told as [typeof rig.told[number]];
      deepEqual([told, args.id, args.fileName, args.bytes], ["firmware.received", "u1", "diag.zip", 200_000]);
      const { mode } = await Deno.stat(`${rig.folder}/uploads/ab12`);
      equal(mode! & 0o077, 0, "nobody else may read it");
      deepEqual([...Deno.readDirSync(`${rig.folder}/uploads`)].map(({ name }) => name), ["ab12"]);
    }));
}

Deno.test("firmware http: a log in a form, under the name that the form says", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const form = '--B\r\nContent-Disposition: form-data; name="f"; filename="C:\\log 1.txt"\r\n\r\nhello\r\n--B--\r\n';
    const { status } = await ask(rig, `/u/${TOKEN}`, {
      method: "POST",
      headers: { "Content-Type": "multipart/form-data; boundary=B" },
      body: Buffer.from(form),
    });
    equal(status, 201);
    equal(String(await opened(rig)), "hello");
    equal(rig.told[0]!.args.fileName, "log_1.txt");
  }));

Deno.test("firmware http: a log without any name gets the station's", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    await ask(rig, `/u/${TOKEN}/`, { method: "PUT", body: imageOf(3) });
    equal(rig.told[0]!.args.fileName, "CP001.log");
  }));

Deno.test("firmware http: a log at the limit is taken, one byte more is not, and nothing of it stays", () =>
  served(async (rig) => {
    rig.grant = rig.upload({ maxBytes: 50_000 });
    equal((await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", body: imageOf(50_000) })).status, 201);
    await Deno.remove(`${rig.folder}/uploads/ab12`);
    equal((await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", body: imageOf(50_001) })).status, 413);
    // and without saying so before
    const headers = { "Transfer-Encoding": "chunked" };
    const unsaid = await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", headers, body: imageOf(50_001) });
    equal(unsaid.status, 413);
    deepEqual([...Deno.readDirSync(`${rig.folder}/uploads`)], []);
    equal(rig.told.length, 1);
  }));

Deno.test("firmware http: a broken form, a station that leaves, and control that cannot record leave nothing acknowledged", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const form = await ask(rig, `/u/${TOKEN}/x`, {
      method: "POST",
      headers: { "Content-Type": "multipart/form-data; boundary=B" },
      body: Buffer.from("no form"),
    });
    equal(form.status, 400);
    const socket = connect(rig.port(HTTP.name), "127.0.0.1");
    socket.write(`PUT /u/${TOKEN}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    await waitFor("the half", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 1);
    const busy = await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) });
    deepEqual([busy.status, busy.headers["retry-after"]], [503, "30"], "one of a grant at a time");
    socket.destroy();
    await waitFor("the removal", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 0);
    rig.faults.set("firmware.received", new GatewayError("RPC_PEER_GONE", "control is away"));
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 503);
    rig.faults.clear();
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 201, "it may try again");
  }));

Deno.test("firmware http: a station that brings nothing more is cut off", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    rig.grant = rig.upload();
    const socket = connect(rig.port(HTTP.name), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.resume();
    socket.write(`PUT /u/${TOKEN}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    await waitFor("the half", () => time.armed === 1);
    time.advance(SERVING_LIMITS.stallMs);
    await withDeadline("the end", closed);
    await waitFor("the removal", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 0);
  }, { time });
});

Deno.test("firmware http: a disk that takes nothing is said so", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    await Deno.remove(`${rig.folder}/uploads`, { recursive: true });
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 507);
    await Deno.mkdir(`${rig.folder}/uploads`);
  }));
