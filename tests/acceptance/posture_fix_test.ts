import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { type SimDevice, startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { REPORT_PREFIX } from "../../gateway/posture/posture_report.ts";
import { freePort } from "../support/free_port.ts";
import { type MoreOfSite, type RehomingRig, type RigStation, withRehoming } from "../support/rehoming_rig.ts";
import { TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

// The whole product: a controller with three faults is seen from outside and through OCPP, mended by two people, watched.

/** Addresses of this test alone, so that nobody else's ports stand open at it. */
const HOST = "127.91.13.1";
const TELNET = 2323;
const CA = new TestCa("Controller CA");
const NOW = Date.now(), DAY = 86_400_000;
const OVER = CA.server([HOST], { notAfter: NOW - 3 * DAY }), GOOD = CA.server([HOST], { notAfter: NOW + 300 * DAY });

/** The controller's page and a shell that somebody left open. */
class Controller {
  readonly #pages = new BenderPages({ passwords: { operator: "Own-Password.1" }, dialects: ["v1"] }).pages;
  #page: SimDevice | undefined;
  #telnet: Server | undefined;

  async present(certificate: typeof OVER, port = 0): Promise<number> {
    await this.#page?.close();
    this.#page = await startDevice(this.#pages, { hostname: HOST, port, certificate });
    return Number(new URL(this.#page.origin).port);
  }

  async openTelnet(): Promise<void> {
    this.#telnet = createServer((socket) => socket.on("error", () => {}).end("login: ")).listen(TELNET, HOST);
    await once(this.#telnet, "listening");
  }

  async closeTelnet(): Promise<void> {
    const server = this.#telnet;
    this.#telnet = undefined;
    if (server) await new Promise((done) => server.close(done));
  }

  async close(): Promise<void> {
    await this.closeTelnet();
    await this.#page?.close();
  }
}

interface Line {
  readonly line: string;
  readonly outcome: string;
  readonly why: string;
  readonly fix?: string;
}

const WATCHED = ["BC-10-CERT", "BC-H04", "UK-10"];

async function linesOf({ gateway }: RehomingRig, command: "run" | "show"): Promise<Readonly<Record<string, Line>>> {
  const { data } = await gateway.command(`posture ${command}`, { subject: "S16", all: true }, "eva");
  const { findings } = data as unknown as { findings: Line[] };
  return Object.fromEntries(findings.map((line) => [line.line, line]));
}

const outcomesOf = (lines: Readonly<Record<string, Line>>) => WATCHED.map((id) => `${id} ${lines[id]?.outcome}`);

/** S16 with settings that the CSMS, or whoever comes, may read and write. */
async function powerOn(rig: RehomingRig, settings: Map<string, string>): Promise<RigStation> {
  const station = await rig.station("S16");
  station.answers.set("GetConfiguration", ({ key }) => {
    const names = key as string[];
    return {
      configurationKey: names.flatMap((name) =>
        settings.has(name) ? [{ key: name, readonly: false, value: settings.get(name)! }] : []
      ),
      unknownKey: names.filter((name) => !settings.has(name)),
    };
  });
  station.answers.set("ChangeConfiguration", ({ key, value }) => {
    settings.set(String(key), String(value));
    return { status: "Accepted" };
  });
  await station.call("BootNotification", { chargePointVendor: "bender", chargePointModel: "CC613" });
  await station.call("StatusNotification", { connectorId: 1, status: "Available", errorCode: "NoError" });
  return station;
}

const fixOf = async ({ gateway }: RehomingRig) => {
  const [fix] = (await gateway.command("posture golden fixes")).data as unknown as { state: string; why?: string }[];
  return fix!;
};

async function charges(station: RigStation): Promise<number> {
  const at = new Date().toISOString();
  await station.call("StatusNotification", { connectorId: 1, status: "Charging", errorCode: "NoError" });
  const started = await station.call("StartTransaction", {
    connectorId: 1,
    idTag: "04A1",
    meterStart: 0,
    timestamp: at,
  });
  return Number(started["transactionId"]);
}

async function verifyReport({ gateway, folder }: RehomingRig): Promise<void> {
  const { data } = await gateway.command("posture report", {}, "eva");
  const { report, signature } = data as { report: string; signature: string };
  const key = createPublicKey(await Deno.readTextFile(`${folder}/data/audit/audit-public.pem`));
  const holds = (text: string) =>
    verify(null, Buffer.from(REPORT_PREFIX + text), key, Buffer.from(signature, "base64"));
  ok(holds(report));
  equal(holds(report.replace('"failed"', '"met"')), false);
  const { notChecked, subjects } = JSON.parse(report) as {
    notChecked: { subject: string; line: string }[];
    subjects: { subject: string; lines?: Line[] }[];
  };
  ok(notChecked.some(({ subject, line }) => subject === "S201" && line === "OCPP-06"), "nobody could ask S201");
  const own = subjects.find(({ subject }) => subject === "S16")!.lines!;
  equal(own.find(({ line }) => line === "BC-H04")?.outcome, "failed");
}

Deno.test("product: a shell, an expired certificate and a wrong key are seen, mended by two people when idle, and seen again when undone", async () => {
  const controller = new Controller(), settings = new Map([["AutochargeConfig", "On"], ["LogLevel", "INFO"]]);
  const port = await controller.present(OVER);
  await controller.openTelnet();
  const ocpp = { securityProfile: 2, csms: "main", passwordFile: "station", upstreamPasswordFile: "upstream" };
  const site: MoreOfSite = (_folder, ports) => ({
    posture: { probe: {} },
    console: {
      listen: `127.0.0.1:${ports.console}`,
      hostname: "gw.garage.example",
      devicePages: { listen: `127.0.0.1:${freePort()}` },
    },
    stations: [
      {
        ...{ id: "S16", vendor: "bender", model: "CC613", address: HOST, unit: "bay-01", part: "primary" },
        ...{ ocpp: { protocols: ["ocpp1.6"], ...ocpp }, ui: { url: `https://${HOST}:${port}`, driver: "bender" } },
      },
      {
        id: "S201",
        vendor: "bender",
        model: "CC613",
        unit: "bay-01",
        part: "secondary",
        ocpp: { protocols: ["ocpp2.0.1"], ...ocpp },
      },
    ],
  });
  try {
    await withRehoming((rig) => story(rig, controller, settings, port), {}, site);
  } finally {
    await controller.close();
  }
});

async function story(
  rig: RehomingRig,
  controller: Controller,
  settings: Map<string, string>,
  port: number,
): Promise<void> {
  rig.csms.answers.set("StartTransaction", () => ({ transactionId: 7, idTagInfo: { status: "Accepted" } }));
  rig.csms.answers.set("StatusNotification", () => ({}));
  rig.csms.answers.set("StopTransaction", () => ({ idTagInfo: { status: "Accepted" } }));
  let station = await powerOn(rig, settings);
  // the scorecard shows each fault, and says why
  const seen = await linesOf(rig, "run");
  deepEqual(outcomesOf(seen), ["BC-10-CERT failed", "BC-H04 failed", "UK-10 failed"]);
  match(seen["BC-10-CERT"]!.why, /certificate-days-left is -[34], wanted at least 14/);
  match(seen["UK-10"]!.why, /strange-ports is 2323/);
  equal(seen["BC-H04"]!.fix, "autocharge");
  await rig.gateway.command("posture show", { subject: "S201" });
  const { text } = await rig.gateway.command("posture");
  match(text, /bay-01 +S16 S201 +\d+ %/);

  // two people, and the station is left alone while it charges
  const transactionId = await charges(station);
  await rig.gateway.command("posture golden fix", { station: "S16", settings: "autocharge" }, "eva");
  await rejects(rig.gateway.command("posture golden approve", { fix: "F1" }, "eva"), /golden\.fix\.own/);
  await rig.gateway.command("posture golden approve", { fix: "F1" }, "otto");
  await waitFor("the fix to wait", async () => (await fixOf(rig)).why === "a transaction runs (connector 1)");
  equal(settings.get("AutochargeConfig"), "On");
  const at = new Date().toISOString();
  await station.call("StopTransaction", { transactionId, meterStop: 5, timestamp: at });
  await station.call("StatusNotification", { connectorId: 1, status: "Available", errorCode: "NoError" });

  // people mend what only they can; the next look is green, and the fix is written now that nothing runs
  await controller.closeTelnet();
  await controller.present(GOOD, port);
  await linesOf(rig, "run");
  await waitFor("the fix to be done", async () => {
    await rig.gateway.command("posture run", { subject: "gateway" }, "eva"); // fixes that wait are looked at too
    return (await fixOf(rig)).state === "done";
  });
  equal(settings.get("AutochargeConfig"), "Off");
  await waitFor(
    "the lines to be green",
    async () => outcomesOf(await linesOf(rig, "show")).every((line) => line.endsWith(" met")),
  );
  equal((await rig.audited("posture.golden.applied")).length, 1);

  // after a kill -9 somebody undoes it: the gateway says what was well yesterday
  await rig.restart();
  station = await powerOn(rig, settings);
  settings.set("AutochargeConfig", "On");
  await controller.openTelnet();
  deepEqual(outcomesOf(await linesOf(rig, "run")), ["BC-10-CERT met", "BC-H04 failed", "UK-10 failed"]);
  const alarms = JSON.stringify((await rig.gateway.command("alarms list")).data);
  for (const line of ["BC-H04", "UK-10"]) ok(alarms.includes(`S16 ${line}`), line);
  await verifyReport(rig);
  deepEqual([station.faults, rig.csms.faults], [[], []]);
}
