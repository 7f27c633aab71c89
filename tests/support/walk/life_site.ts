import { stringify } from "yaml";
import { runInGateway } from "../../../gateway/cli/control_client.ts";
import { createRecoveryKey } from "../../../gateway/control/backup/recovery_key.ts";
import { controlSocketPath } from "../../../gateway/control/data_paths.ts";
import { systemClock } from "../../../gateway/core/clock.ts";
import { systemRandom, systemTimers } from "../../../gateway/core/timers.ts";
import { BenderPages } from "../../../gateway/demo/controllers/bender.ts";
import { type SimDevice, startDevice } from "../../../gateway/demo/controllers/simulated_device.ts";
import { createAuthority } from "../../../gateway/demo/demo_pki.ts";
import { SimulatedStation } from "../../../gateway/demo/station.ts";
import { reservePorts } from "../gateway_process.ts";
import { LightCsms } from "../light_garage.ts";
import { runGateway, type RunningProcess } from "../run_gateway.ts";
import { waitFor } from "../wait_for.ts";

/** The station of the story. */
export const STATION = "CP001";
/** What its factory set as the operator's password. */
export const FACTORY_PASSWORD = "yellow_zone";
/** What somebody gave it at commissioning. */
export const OWN_PASSWORD = "Of-this-site-alone.1";
const OCPP_PASSWORD = "a-password-of-27-characters";
const HOSTNAME = "gw.localhost"; // every name below localhost leads to this machine, in Chromium without any DNS

const certificateOf = (name: string) =>
  createAuthority(name, systemClock.now(), systemRandom).issue({ commonName: name, usage: "server" });

/**
 * A gateway, its CSMS, and one Bender station for a whole life: its OCPP side over TLS, its controller's pages over HTTPS, as
 * both came from the factory, with the maker's old pages open.
 */
export class LifeSite implements AsyncDisposable {
  readonly controller = new BenderPages({
    passwords: { operator: FACTORY_PASSWORD },
    dialects: ["v1"],
    firmware: "5.33.11-21500",
  });
  station!: SimulatedStation;
  #gateway!: RunningProcess;
  #device!: SimDevice;
  readonly #ports = reservePorts();

  private constructor(readonly folder: string, readonly csms: LightCsms) {}

  static async up(): Promise<LifeSite> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-life-" });
    const site = new LifeSite(folder, await LightCsms.up(1_000));
    const certificate = certificateOf("as delivered"), { recipient } = await createRecoveryKey();
    await site.serve(certificate);
    await Deno.mkdir(`${folder}/secrets`);
    const files = {
      "pin.pem": certificate.certPem,
      "recovery.pub": `${recipient}\n`,
      [`secrets/${STATION}`]: OCPP_PASSWORD,
      [`secrets/${STATION}.page`]: OWN_PASSWORD,
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    }
    await site.write({ oldPages: "allowed" });
    site.#gateway = runGateway(`${folder}/site.yaml`);
    await site.#gateway.ready(120_000);
    return site;
  }

  /** What the gateway has printed. */
  text(): string {
    return this.#gateway.text();
  }

  get setupCode(): string {
    return /^SETUP code (\S+)/m.exec(this.text())![1]!;
  }

  /** A page of the console. */
  readonly at = (path: string): string => `https://${HOSTNAME}:${this.#ports.console}${path}`;

  /** Where the controller's own pages are opened. */
  get pagesUrl(): string {
    return `https://${STATION.toLowerCase()}.${HOSTNAME}:${this.#ports.plain}/`;
  }

  /** Runs a command of the gateway as a person at the box. */
  readonly command = async <T>(
    name: string,
    args: Record<string, string | boolean> = {},
    who = "anna",
  ): Promise<T> =>
    (await runInGateway(controlSocketPath({ dataDir: `${this.folder}/data` }), name, args, who)).data as T;

  /** The controller's pages listen at their port, with TLS or, as from the factory, without. */
  readonly serve = async (certificate?: { readonly keyPem: string; readonly certPem: string }): Promise<void> => {
    const port = this.#device ? Number(new URL(this.#device.origin).port) : 0;
    await this.#device?.close();
    this.#device = await startDevice(this.controller.pages, { port, certificate });
  };

  /** Somebody switches HTTPS on at the controller: it makes a certificate of its own. */
  readonly serveAnew = (): Promise<void> => this.serve(certificateOf("after the reset"));

  /** site.yaml with the station; `ui` are more keys of its pages. */
  readonly write = async (ui: Record<string, unknown>): Promise<void> => {
    await this.#writeSite([{
      ...{ id: STATION, vendor: "bender", model: "CC613", serial: STATION, address: "127.0.0.1" },
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: `secrets/${STATION}`, csms: "main" },
      ui: { url: this.#device.origin.replace("http:", "https:"), driver: "bender", pinFile: "pin.pem", ...ui },
    }]);
  };

  /** The same without the station, and without the files it named. */
  async writeWithout(): Promise<void> {
    await this.#writeSite([]);
    for (const name of [STATION, `${STATION}.page`]) await Deno.remove(`${this.folder}/secrets/${name}`);
    await Deno.remove(`${this.folder}/pin.pem`);
  }

  /** The OCPP side is switched on, with the gateway's authority. */
  async powerOn(): Promise<void> {
    const { pem } = await this.command<{ pem: string }>("cert export-ca");
    this.station = new SimulatedStation(
      {
        ...{ id: STATION, protocol: "ocpp1.6", securityProfile: 2, vendor: "bender", model: "CC613" },
        ...{ powerWatts: 11_000, badge: "04A1B2C3" },
      },
      {
        endpoint: `wss://localhost:${this.#ports.tls}/ocpp`,
        caPem: pem,
        password: new TextEncoder().encode(OCPP_PASSWORD),
      },
      { clock: systemClock, timers: systemTimers, random: systemRandom, meterMs: 100, energySpeed: 600 },
    );
    this.station.settings.set("AutochargeConfig", "Off");
    this.station.powerOn();
    await waitFor("the station to boot", () => this.station.view.state === "available");
  }

  /** One charge from the badge to the end. */
  async charge(): Promise<void> {
    const before = this.csms.of("MeterValues").length;
    this.station.plugIn();
    await waitFor("meter values of a charge", () => this.csms.of("MeterValues").length > before);
    this.station.unplug();
    await waitFor("the end of the charge", () => !this.station.busy && !this.station.calling);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.station?.powerOff();
    await this.#gateway?.stop();
    await this.#device?.close();
    await this.csms[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #writeSite(stations: readonly object[]): Promise<void> {
    const { console: port, plain: pages, tls } = this.#ports;
    await Deno.writeTextFile(
      `${this.folder}/site.yaml`,
      stringify({
        ...{ version: 1, site: { id: "garage-12", name: "Parkhaus Süd", dataDir: "./data" } },
        console: { listen: `127.0.0.1:${port}`, hostname: HOSTNAME, devicePages: { listen: `127.0.0.1:${pages}` } },
        backup: { recoveryKeyFile: "recovery.pub", targets: [{ folder: "off" }] },
        vault: { maxAgeDays: { operator: 180 } },
        ocpp: {
          listeners: [{ listen: `127.0.0.1:${tls}`, tls: { names: ["localhost"] } }],
          csms: [{ id: "main", url: this.csms.url, plaintext: "isolated-segment", graceSeconds: 0 }],
        },
        stations,
      }),
    );
  }
}
