import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { type RehomingRig, type RigStation, withRehoming } from "../support/rehoming_rig.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

// The whole gateway asks real stations for their security logs, which they bring by HTTPS; their CSMS hears nothing of it.

const LOG = Buffer.from("2026-11-21T10:00:00Z InvalidFirmwareSignature\n".repeat(2_000));

/** A station brings a file to the URL that it was given. */
function put(rig: RehomingRig, url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = httpsRequest(url, { method: "PUT", ca: rig.siteCaPem, agent: false }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode ?? 0));
  });
  request.on("error", reject);
  request.end(LOG);
  return withDeadline("an answer", promise);
}

/** What `firmware security-logs` says of a station. */
async function rowOf(rig: RehomingRig, id: string) {
  const { data } = await rig.gateway.command("firmware security-logs");
  return (data as { stationId: string; state: string; why?: string; gotAt?: number }[]).find((one) =>
    one.stationId === id
  )!;
}

async function boot(station: RigStation): Promise<void> {
  const is16 = station.id === "S16";
  await station.call(
    "BootNotification",
    is16
      ? { chargePointVendor: "Bender", chargePointModel: "CC613" }
      : { reason: "PowerUp", chargingStation: { model: "CC613", vendorName: "Bender" } },
  );
}

/** The request that a station got. */
async function askedOf(station: RigStation) {
  const getLog = await waitFor(
    "the station to be asked",
    () => station.requests.find(({ method }) => method === "GetLog"),
  );
  return getLog.params as { logType: string; requestId: number; log: { remoteLocation: string } };
}

Deno.test("EV-27: security logs of 1.6 and 2.0.1 come to the gateway, stay there sealed through a kill -9, and go out as a ZIP; the CSMS hears nothing", () =>
  withRehoming(
    async (rig) => {
      const collect = (station: string) => rig.gateway.command("firmware security-logs", { collect: station });
      for (const id of ["S16", "S201"]) {
        const station = await rig.station(id);
        station.answers.set("GetLog", () => ({ status: "Accepted", filename: `${id}.log` }));
        await boot(station);
        await collect(id);
        const { logType, requestId, log } = await askedOf(station);
        equal(logType, "SecurityLog");
        await station.call("LogStatusNotification", { status: "Uploading", requestId });
        equal(await put(rig, `${log.remoteLocation}${id}.log`), 201);
        await station.call("LogStatusNotification", { status: "Uploaded", requestId });
        await waitFor("the log to count", async () => (await rowOf(rig, id)).state === "fresh");
        deepEqual([station.faults, rig.csms.faults], [[], []]);
      }
      const refusing = await rig.station("S21");
      refusing.answers.set("GetLog", () => ({ status: "Rejected" }));
      await boot(refusing);
      await collect("S21");
      await waitFor("the refusal", async () => (await rowOf(rig, "S21")).state === "refused");
      const uploads = (await rig.gateway.command("firmware transfers")).data as {
        id: string;
        state: string;
        file: string;
      }[];
      deepEqual(uploads.map(({ state }) => state), ["none", "kept", "kept"]);
      for (const { file } of uploads.slice(1)) {
        const sealed = await Deno.readFile(join(rig.folder, "data", "uploads", file));
        ok(!Buffer.from(sealed).includes("InvalidFirmwareSignature"), "the copy that is kept is sealed");
      }
      await rig.restart();
      for (const [id, state] of [["S16", "fresh"], ["S201", "fresh"], ["S21", "refused"]] as const) {
        equal((await rowOf(rig, id)).state, state);
      }
      const { data } = await rig.gateway.command("firmware hand-out", { upload: uploads[1]!.id });
      ok((data as { bytes: number; fileName: string }).fileName.startsWith("S201-S201.log"));
      deepEqual(rig.csms.requests.filter(({ method }) => method === "LogStatusNotification"), []);
    },
    {},
    (_folder, ports) => ({ firmware: { listen: `127.0.0.1:${ports.console}`, securityLogs: {} } }),
  ));
