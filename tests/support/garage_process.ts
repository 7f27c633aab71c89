import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import type { LightCsms } from "./light_garage.ts";
import { waitFor } from "./wait_for.ts";

/** Stations that a test switches on and off. */
export interface SwitchedStation {
  powerOn(): void;
  powerOff(): void;
}

/** A gateway process of a folder with site.yaml, which a test kills as a power cut would, and starts again. */
export class GarageProcess {
  /** Whether it is there: between a kill and READY it is not. */
  isThere = true;

  private constructor(public gateway: GatewayProcess, private readonly folder: string) {}

  static async start(folder: string): Promise<GarageProcess> {
    return new GarageProcess(await GatewayProcess.start(optionsOf(folder)), folder);
  }

  async crash(): Promise<void> {
    this.isThere = false;
    await this.gateway.kill();
    this.gateway = await GatewayProcess.start(optionsOf(this.folder));
    this.isThere = true;
  }

  /** A command over the control socket. */
  async command<T = never>(
    name: string,
    args: Record<string, string | boolean> = {},
    who = "eva",
  ): Promise<{ text: string; data: T }> {
    return await this.gateway.command(name, args, who) as never;
  }

  /** Runs a test when all stations have booted at their CSMS; what the gateway said last is part of its failure. */
  async withStations(
    stations: readonly SwitchedStation[],
    csms: LightCsms,
    test: () => Promise<void>,
  ): Promise<void> {
    try {
      for (const station of stations) station.powerOn();
      const booted = () => new Set(csms.of("BootNotification").map(({ station }) => station)).size;
      await waitFor("all to boot at their CSMS", () => booted() === stations.length);
      await test();
    } catch (error) {
      throw new Error(`${error}\n${this.gateway.logTail(20)}`, { cause: error });
    } finally {
      for (const station of stations) station.powerOff();
      await this.gateway.stop();
      await Deno.remove(this.folder, { recursive: true });
    }
  }
}

const optionsOf = (folder: string) => ({
  configFile: `${folder}/site.yaml`,
  dataDir: `${folder}/data`,
  timers: systemTimers,
});
