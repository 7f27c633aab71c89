import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { type CommandOutcome, runCommand } from "./run_command.ts";
import { freePort } from "./free_port.ts";
import type { Unbound } from "./unbound.ts";

/** A gateway with nothing but DNS, in front of unbound over TLS and over HTTPS. */
export class DnsSite implements AsyncDisposable {
  #gateway: GatewayProcess | undefined;

  private constructor(readonly folder: string, readonly port: number, readonly dataDir: string) {}

  /** `dataDir`: where it keeps its records; absent: in a folder of its own. */
  static async up(
    upstreams: readonly object[],
    pem: string,
    more: object = {},
    dataDir = "./data",
  ): Promise<DnsSite> {
    const site = new DnsSite(await Deno.makeTempDir({ prefix: "bulkhead-dns-" }), freePort(), dataDir);
    await Deno.writeTextFile(`${site.folder}/ca.pem`, pem);
    const dns = {
      listen: `127.0.0.1:${site.port}`,
      upstream: upstreams,
      allow: ["csms.test", "www.test", "inside.test", "many.test", "nothing.test"],
      answers: { "gw.test": "10.20.0.1" },
      vendorTimeNames: "this-box",
      ...more,
    };
    const stations = [{ id: "CP001", address: "127.0.0.11", vendor: "bender" }];
    const text = JSON.stringify({ version: 1, site: { id: "garage", dataDir }, stations, dns });
    await Deno.writeTextFile(`${site.folder}/site.yaml`, text);
    await site.start();
    return site;
  }

  async start(): Promise<void> {
    const configFile = `${this.folder}/site.yaml`;
    const dataDir = this.dataDir.startsWith("/") ? this.dataDir : `${this.folder}/data`;
    this.#gateway = await GatewayProcess.start({ configFile, dataDir, timers: systemTimers });
  }

  /** Ends the gateway without a word. */
  async kill(): Promise<void> {
    await this.#gateway!.kill();
  }

  command(name: string, args: Record<string, string> = {}) {
    return this.#gateway!.command(name, args);
  }

  dig(...args: string[]): Promise<CommandOutcome> {
    return runCommand(["dig", "@127.0.0.1", "-p", String(this.port), "+tries=1", "+time=8", ...args]);
  }

  /** The answer's records, or its status when there are none. */
  async ask(...args: string[]): Promise<string[]> {
    const { stdout } = await this.dig(...args);
    const [, status = "none"] = /status: ([A-Z]+)/.exec(stdout) ?? [];
    const [, section = ""] = /;; ANSWER SECTION:\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
    return section === ""
      ? [status]
      : section.split("\n").map((line) => line.replaceAll(/\s+/g, " ").split(" ").slice(3).join(" "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** It as an upstream over TLS. */
export const dot = ({ ports }: Unbound) => ({ tls: `127.0.0.1:${ports.dot}`, name: "dns.test", caFile: "ca.pem" });
/** It as an upstream over HTTPS. */
export const doh = ({ ports }: Unbound) => ({
  https: `https://dns.test:${ports.doh}/dns-query`,
  address: "127.0.0.1",
  caFile: "ca.pem",
});
