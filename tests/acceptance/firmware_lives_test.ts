import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { join } from "node:path";
import { imageOf } from "../../gateway/firmware/testing/serving_rig.ts";
import { type Life, LifeStation } from "../support/life_station.ts";
import { type RehomingRig, withRehoming } from "../support/rehoming_rig.ts";
import { makeTestCertificate, TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

// Independent stations (ocpp-rpc, strict) of 1.6, 2.0.1 and 2.1 in campaigns of a whole gateway: one for each way that an
// update can go. They really load over HTTPS, restart and boot. Nothing depends on how fast: what fails says so itself, and
// what nobody can hear of has a campaign of its own, in which every station ends so.

const ROOT = new TestCa("Bender firmware root");
const SIGNER = makeTestCertificate({ subject: [["O", "Bender"], ["CN", "Firmware"]] }, ROOT.certificate);
/** Images by model: the stations that tell, and those that nobody hears of. */
const IMAGES = { CC613: imageOf(40_000), CC600: imageOf(40_001) } as const;
const LOADS = ["Downloading", "load", "Downloaded"] as const;

/** Name of a station's part, its life, how its unit ends, and why. */
const TELLING: readonly (readonly [string, Life, string, RegExp])[] = [
  ["good", { says: [...LOADS, "SignatureVerified", "Installing", "Installed"], boots: "new" }, "confirmed", /./],
  ["short", { says: ["load", "Installing"], boots: "new" }, "confirmed", /./],
  ["download", { says: ["Downloading", "DownloadFailed"] }, "failed", /could not load the image/],
  ["signature", { says: [...LOADS, "InvalidSignature"] }, "failed", /refused the signature/],
  ["verification", { says: [...LOADS, "Installing", "InstallVerificationFailed"] }, "failed", /after installing it/],
  ["install", { says: [...LOADS, "Installing", "InstallationFailed"] }, "failed", /could not install/],
  ["forgetful", { says: [...LOADS, "Installing", "Installed"], boots: "new", forgetsFirst: true }, "confirmed", /./],
];
/** Why these end is said of the moment at which the time was over: not connected, or the version that it reports. */
const SILENT: readonly (readonly [string, Life, string, RegExp])[] = [
  ["never", { says: [...LOADS, "Installing", "Installed"] }, "unconfirmed", /./],
  ["old", { says: [...LOADS, "Installing", "Installed"], boots: "old" }, "unconfirmed", /./],
  ["silent", { says: ["Downloading"] }, "unconfirmed", /./],
];
const VERSIONS = ["S16", "S201"] as const;
const idsOf = (lives: typeof TELLING) => VERSIONS.flatMap((version) => lives.map(([name]) => `${version}-${name}`));
const modelOf = (id: string): keyof typeof IMAGES => idsOf(SILENT).includes(id) ? "CC600" : "CC613";
const LIVES = new Map([...TELLING, ...SILENT].map(([name, life, state, why]) => [name, { life, state, why }]));
const ALL = [...idsOf(TELLING), "S21-good", ...idsOf(SILENT)];

interface Report {
  readonly state: string;
  readonly units: readonly { readonly unit: string; readonly state: string; readonly why: string }[];
}

/** Brings the image of a model and rolls it out. @returns the id of the campaign */
async function rollOut({ gateway, folder }: RehomingRig, model: keyof typeof IMAGES, more: Record<string, string>) {
  const bytes = IMAGES[model], image = createHash("sha256").update(bytes).digest("hex"), upload = image.slice(0, 32);
  await Deno.writeFile(join(folder, "data", "firmware", "uploads", upload), bytes);
  await gateway.command("firmware import", {
    ...{ file: "fw.deb", fileName: "fw.deb", upload, vendor: "bender", models: model, version: "2.0", accept: true },
    ...{ signature: sign("sha256", bytes, SIGNER.key).toString("base64"), certificate: SIGNER.certPem },
  });
  const limits = {
    rings: "all:100%",
    parallel: "50",
    "out-percent": "100",
    "stop-failures": "99",
    "stop-percent": "100",
  };
  const args = { image, ...limits, retry: "1s", healthy: "1s", ...more };
  const { id } = (await gateway.command("firmware campaign new", args)).data as { id: string };
  await gateway.command("firmware campaign approve", { id }, "olga");
  await gateway.command("firmware campaign start", { id });
  return id;
}

/** Waits until a campaign has ended, and every unit of it with it. */
async function ends({ gateway }: RehomingRig, id: string): Promise<Report["units"]> {
  const report = async () => (await gateway.command("firmware campaign report", { id })).data as unknown as Report;
  return await waitFor(
    "every unit to have an end",
    async () => {
      const { state, units } = await report();
      return state === "completed" || state === "paused" ? units : undefined;
    },
    90_000,
    250,
    report,
  );
}

Deno.test("firmware campaign: independent stations of 1.6, 2.0.1 and 2.1 live through an update in every way it can go", () =>
  withRehoming(
    async (rig) => {
      for (const action of ["FirmwareStatusNotification", "SignedFirmwareStatusNotification"]) {
        rig.csms.answers.set(action, () => ({}));
      }
      const stations = ALL.map((id) =>
        new LifeStation(rig, id, LIVES.get(id.split("-")[1]!)!.life, IMAGES[modelOf(id)])
      );
      for (const station of stations) await station.boot();
      const telling = await rollOut(rig, "CC613", { attempts: "2", confirm: "10m", load: "10m" });
      const silent = await rollOut(rig, "CC600", { attempts: "1", confirm: "2s", load: "2s" });
      for (const { unit, state, why } of [...await ends(rig, telling), ...await ends(rig, silent)]) {
        const wanted = LIVES.get(unit.split("-")[1]!)!;
        equal(state, wanted.state, `${unit}: ${why}`);
        match(why || "-", wanted.why, unit);
      }
      for (const { id, asked, strictFaults } of stations) {
        deepEqual(strictFaults, [], id);
        ok(asked.every((requestId) => requestId! >= 2 ** 30), `${id} was asked with ${asked}`);
      }
      const retried = stations.filter(({ asked }) => asked.length > 1).map(({ id }) => id.split("-")[1]);
      deepEqual([...new Set(retried)].sort(), ["download", "forgetful", "install"], "only what another try may mend");
      deepEqual(rig.csms.faults, []);
    },
    {},
    (folder, ports) => {
      Deno.writeTextFileSync(join(folder, "bender.pem"), ROOT.pem);
      const ocpp = { securityProfile: 2, csms: "main", passwordFile: "station", upstreamPasswordFile: "upstream" };
      const protocols: Record<string, string> = { S16: "ocpp1.6", S201: "ocpp2.0.1", S21: "ocpp2.1" };
      return {
        firmware: {
          listen: `127.0.0.1:${ports.console}`,
          parallelDownloads: 50,
          vendors: [{ vendor: "bender", manufacturerRootsFile: "bender.pem" }],
        },
        stations: ALL.map((id) => ({
          ...{ id, vendor: "bender", model: modelOf(id) },
          ocpp: { protocols: [protocols[id.split("-")[0]!]], ...ocpp },
        })),
      };
    },
  ));
