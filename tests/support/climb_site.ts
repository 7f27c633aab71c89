import { join } from "node:path";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import type { Json } from "../../gateway/core/control_api.ts";
import { reservePorts } from "./gateway_process.ts";
import { CSMS_CA, RpcCsms } from "./rpc_csms.ts";
import { waitFor } from "./wait_for.ts";

/** A site with a real gateway, a strict CSMS, and stations that a test brings. */
export class ClimbSite implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly ports: { readonly tls: number; readonly plain: number },
    readonly csms: RpcCsms,
    public gateway: GatewayProcess,
  ) {}

  /**
   * Starts it; `stations` are entries of site.yaml without `csms` and credentials, `secrets` files that they name, `more`
   * further keys of `ocpp`.
   */
  static async open(
    stations: readonly Record<string, unknown>[],
    secrets: Readonly<Record<string, string>> = {},
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<ClimbSite> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-climb-" });
    const ports = reservePorts();
    const csms = new RpcCsms();
    const url = `wss://127.0.0.1:${await csms.listen()}/csms`;
    await Deno.writeTextFile(join(folder, "csms-ca.pem"), CSMS_CA.certificate.certPem);
    for (const [name, text] of Object.entries({ upstream: "upstream-password-0123", ...secrets })) {
      await Deno.writeTextFile(join(folder, name), text, { mode: 0o600 });
    }
    await Deno.writeTextFile(
      join(folder, "site.yaml"),
      stringify({
        version: 1,
        site: { id: "climb", dataDir: "./data" },
        console: { listen: `127.0.0.1:${ports.console}`, hostname: "bulkhead.localhost" },
        stations: stations.map(({ ocpp, ...station }) => ({
          ...station,
          ocpp: { csms: "main", upstreamPasswordFile: "upstream", ...ocpp as object },
        })),
        ocpp: {
          listeners: [
            { listen: `127.0.0.1:${ports.tls}`, tls: { names: ["localhost"] } },
            { listen: `127.0.0.1:${ports.plain}`, plaintext: "isolated-segment" },
          ],
          csms: [{ id: "main", url, caFile: "csms-ca.pem", graceSeconds: 1 }],
          ...more,
        },
        telemetry: { metricsListen: `127.0.0.1:${ports.metrics}` },
      }),
    );
    try {
      return new ClimbSite(folder, ports, csms, await startIn(folder));
    } catch (error) {
      await csms.close();
      throw error;
    }
  }

  /** Runs a command as "eva". */
  run(command: string, args: Record<string, string | boolean>) {
    return this.gateway.command(command, args, "eva");
  }

  /** The state of a station's climb. */
  async state(station: string): Promise<string> {
    const { data } = await this.run("station climb", { station, status: true });
    return String((data as Record<string, Json>)["state"]);
  }

  /** Waits until the climb has a state; tells how far it came when it never has. */
  async reaches(station: string, wanted: string, deadlineMs = 60_000): Promise<string> {
    try {
      await waitFor(`${station} to be ${wanted}`, async () => await this.state(station) === wanted, deadlineMs);
    } catch (error) {
      const { text } = await this.run("station climb", { station, status: true });
      throw new Error(`${text}\n${this.gateway.logTail(20)}`, { cause: error });
    }
    return (await this.run("station climb", { station, status: true })).text;
  }

  /** A power cut, and the start after it. */
  async killAndStart(): Promise<void> {
    await this.gateway.kill();
    this.gateway = await startIn(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop();
    await this.csms.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function startIn(folder: string): Promise<GatewayProcess> {
  const files = { configFile: join(folder, "site.yaml"), dataDir: join(folder, "data") };
  return GatewayProcess.start({ ...files, timers: systemTimers });
}
