import { extension } from "../../pki/extension_writer.ts";
import { EXTENSION } from "../../pki/extensions.ts";
import { utf8String } from "../../pki/der_writer.ts";
import type { Random, Timers } from "../../core/timers.ts";
import { createAuthority, type Credential } from "../demo_pki.ts";
import { EnergyManager } from "./energy_manager.ts";
import { Registers } from "./registers.ts";
import { TcpDevice } from "./tcp_device.ts";

/** The role in the energy manager's certificate. */
const ROLE = "GridServiceSunSpec";

/** What a generated site says about Modbus, and the files that it names. */
export interface EnergySite {
  readonly modbus: object;
  readonly files: Readonly<Record<string, string>>;
}

/** A meter and a station's controller of the simulated garage, both over Modbus/TCP, and who reads and commands them. */
export class GarageEnergy {
  readonly #credential: Credential;
  #manager: EnergyManager | undefined;

  private constructor(
    /** Registers of the station: what was written to it. */
    readonly station: Registers,
    private readonly devices: readonly TcpDevice[],
    private readonly caPem: string,
    credential: Credential,
  ) {
    this.#credential = credential;
  }

  static async start(nowMs: number, secrets: Random): Promise<GarageEnergy> {
    const meter = new Registers(), station = new Registers();
    for (let phase = 0; phase < 3; phase++) {
      meter.setFloat("input", phase * 2, 230 + phase);
      meter.setFloat("input", 6 + phase * 2, 21.5 + phase);
      meter.setFloat("input", 12 + phase * 2, 4_950 + phase * 100);
    }
    station.set("holding", 122, 3);
    station.set("holding", 131, 6);
    station.setLong("holding", 220, 11_000);
    station.set("holding", 1_000, 16);
    const devices = await Promise.all([
      TcpDevice.start(new Map([[1, meter]])),
      TcpDevice.start(new Map([[255, station]])),
    ]);
    const authority = createAuthority("Demo energy CA", nowMs, secrets);
    const role = extension(EXTENSION.modbusRole, false, utf8String(ROLE));
    const credential = authority.issue({ commonName: "energy-manager", usage: "client", extensions: [role] });
    return new GarageEnergy(station, devices, authority.certPem, credential);
  }

  /** The part of site.yaml for this garage. */
  site(listen: string): EnergySite {
    const [meter, station] = this.devices.map(({ port }) => `127.0.0.1:${port}`);
    const rules = [
      "- { id: read-all, effect: allow, because: Who has a role sees what is measured and set, roles: [" + ROLE + "],",
      "    access: read, classes: [measured, commanded, protected] }",
      "- { id: move-limits, effect: allow, because: The energy manager moves charging limits within the fuse,",
      `    roles: [${ROLE}], access: write, points: [current-limit], values: [0, [6, 16]] }`,
      "- { id: hide-badges, effect: mask, because: Badges are no business of an energy manager, classes: [personal] }",
    ];
    return {
      modbus: {
        listeners: [{ id: "energy", listen, tls: { clientCaFile: "certs/energy-ca.pem", names: ["localhost"] } }],
        lines: [{ id: "meter", tcp: meter }, { id: "station", tcp: station }],
        units: [
          { unit: 1, line: "meter", device: 1, profile: "eastron-sdm630" },
          { unit: 11, line: "station", device: 255, profile: "bender-cc" },
        ],
        rules: "modbus-rules.yaml",
      },
      files: { "certs/energy-ca.pem": this.caPem, "modbus-rules.yaml": rules.join("\n") + "\n" },
    };
  }

  /** The energy manager begins to work. */
  connect(access: { readonly host: string; readonly port: number; readonly caPem: string }, timers: Timers): void {
    this.#manager = new EnergyManager({ ...access, credential: this.#credential }, timers, 1_000);
  }

  /** What the energy manager does, in one line; undefined before it began. */
  get line(): string | undefined {
    const view = this.#manager?.view;
    if (!view) return undefined;
    if (!view.isConnected) return "the energy manager is not connected";
    const volts = view.volts === undefined ? "-" : view.volts.toFixed(0);
    return `energy manager: ${view.reads} reads (${volts} V), limit ${
      view.limitAmperes ?? "-"
    } A after ${view.writes} writes, ` +
      `${view.refused} writes of a failsafe refused`;
  }

  /** What went wrong: nothing was read, or a failsafe was written. */
  get faults(): readonly string[] {
    const view = this.#manager?.view;
    if (!view) return [];
    const written = this.station.writes.some(({ address }) => address !== 1_000);
    return [
      ...view.reads === 0 ? ["the energy manager read nothing"] : [],
      ...view.wronglyAllowed > 0 || written ? ["a failsafe of a station was written over Modbus"] : [],
    ];
  }

  async stop(): Promise<void> {
    this.#manager?.stop();
    await Promise.all(this.devices.map((device) => device.stop()));
  }
}
