import { deepEqual, equal } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { GatewayError } from "../../core/errors.ts";
import { askHttp } from "../testing/ask_http.ts";
import { type ServingRig, TOKEN, withServing } from "../testing/serving_rig.ts";
import { startFirmware } from "./serve_service.ts";

const AWAY = new GatewayError("RPC_PEER_GONE", "control is away");
const LISTENER = { name: "firmware:http", protocol: "http", host: "127.0.0.1", port: 0 } as const;

const served = (use: (rig: ServingRig) => Promise<void>) =>
  withServing({ listeners: [LISTENER], start: startFirmware }, use);

const uploads = (rig: ServingRig) => [...Deno.readDirSync(`${rig.folder}/uploads`)].map(({ name }) => name);
const bring = (rig: ServingRig) => {
  rig.grant = rig.upload();
  return askHttp(rig, `/u/${TOKEN}/diag.log`, { method: "PUT", body: rig.image });
};

Deno.test("failure matrix: serving: control / a station that fetches: closed: it is told to come again in a while, and gets no byte", () =>
  served(async (rig) => {
    rig.faults.set("firmware.open", AWAY);
    const { status, body } = await askHttp(rig);
    deepEqual([status, body.length], [503, 0]);
  }));

Deno.test("failure matrix: serving: control / a station that brings a log: closed: it is told to come again in a while, and nothing of it stays", () =>
  served(async (rig) => {
    rig.faults.set("firmware.open", AWAY);
    equal((await bring(rig)).status, 503);
    deepEqual(uploads(rig), []);
  }));

Deno.test("failure matrix: serving: control / back in service: by itself: the same grant counts on", () =>
  served(async (rig) => {
    rig.faults.set("firmware.open", AWAY);
    await askHttp(rig);
    rig.faults.clear();
    deepEqual(new Uint8Array((await askHttp(rig)).body), rig.image);
  }));

Deno.test("failure matrix: serving: the disk for logs / a station that fetches: open: images are only read", () =>
  served(async (rig) => {
    await Deno.remove(`${rig.folder}/uploads`);
    const { status, body } = await askHttp(rig);
    deepEqual([status, body.length], [200, rig.image.length]);
  }));

Deno.test("failure matrix: serving: the disk for logs / a station that brings a log: closed: it is told that there is no room, and nothing of it stays", () =>
  served(async (rig) => {
    await Deno.remove(`${rig.folder}/uploads`);
    equal((await bring(rig)).status, 507);
    deepEqual(rig.told.filter(({ method }) => method === "firmware.received"), []);
  }));

Deno.test("failure matrix: serving: the disk for logs / back in service: by itself with the next log", () =>
  served(async (rig) => {
    await Deno.remove(`${rig.folder}/uploads`);
    await bring(rig);
    await Deno.mkdir(`${rig.folder}/uploads`);
    equal((await bring(rig)).status < 300, true);
    await waitFor("the log to be told", () => rig.told.some(({ method }) => method === "firmware.received"));
    deepEqual(uploads(rig), ["ab12"]);
  }));

/** What is left of a Worker that has ended: the files; another one starts beside them. */
async function afterItsEnd(rig: ServingRig, use: (next: ServingRig) => Promise<void>): Promise<void> {
  await rig.service.drain(0);
  await withServing({ listeners: [LISTENER], start: startFirmware, image: rig.image }, use);
}

Deno.test("failure matrix: serving: its Worker / a station that fetches: closed: cut off, it goes on by a range with the same grant", () =>
  served(async (rig) => {
    const half = (await askHttp(rig, undefined, { headers: { range: "bytes=0-149999" } })).body;
    await afterItsEnd(rig, async (next) => {
      const rest = await askHttp(next, undefined, { headers: { range: "bytes=150000-" } });
      equal(rest.status, 206);
      deepEqual(new Uint8Array([...half, ...rest.body]), rig.image);
    });
  }));

Deno.test("failure matrix: serving: its Worker / a station that brings a log: closed: cut off, and what had come does not count", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const half = askHttp(rig, `/u/${TOKEN}/diag.log`, {
      method: "PUT",
      headers: { "content-length": String(rig.image.length + 1) },
      body: rig.image,
    }).catch(() => ({ status: 0 }));
    await waitFor("the log to begin", () => uploads(rig).some((name) => name.endsWith(".part")));
    await rig.service.drain(0);
    equal((await half).status < 300 && (await half).status > 0, false);
    deepEqual(rig.told.filter(({ method }) => method === "firmware.received"), []);
    equal(uploads(rig).includes("ab12"), false);
  }));

Deno.test("failure matrix: serving: its Worker / back in service: by itself within seconds: the grants are control's, and count on", () =>
  served((rig) =>
    afterItsEnd(rig, async (next) => {
      deepEqual(new Uint8Array((await askHttp(next)).body), rig.image);
    })
  ));
