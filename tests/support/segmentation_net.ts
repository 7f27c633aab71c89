import { deepEqual } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { connectHald, type HaldClient } from "../../hal/client.ts";
import type { KernelSetting } from "../../hal/firewall.ts";
import { runCommand, runOk } from "./run_command.ts";
import type { Question } from "./net_asker.ts";
import { TestNet } from "./test_net.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What hald may take on a busy machine; below the time after which it undoes what nobody confirms. */
const BUSY = { deadlineMs: 40_000 };
/** Patience with what is to answer, and was silent before. */
const PATIENT_MS = 10_000;

/** Hosts by name: address, and the box's interface towards them. Stations behind "ot0" hang on a switch that keeps them apart. */
export const HOSTS = {
  s11: { zone: "ot", address: "10.20.0.11", link: "ot0" },
  s12: { zone: "ot", address: "10.20.0.12", link: "ot0" },
  s13: { zone: "ot", address: "10.20.0.13", link: "ot0" },
  s14: { zone: "ot", address: "10.20.0.14", link: "ot0" },
  m40: { zone: "ot2", address: "10.21.0.40", link: "ot1" },
  ems: { zone: "mgmt", address: "10.99.0.9", link: "mg0" },
  lap: { zone: "mgmt", address: "10.99.0.200", link: "mg1" },
  csms: { zone: "uplink", address: "203.0.113.5", link: "up0" },
} as const;
/** Name of a host. */
export type HostName = keyof typeof HOSTS;

/** The box's addresses, by zone. */
export const BOX = { ot: "10.20.0.1", ot2: "10.21.0.1", mgmt: "10.99.0.2", uplink: "203.0.113.1" } as const;

/**
 * A site in network namespaces: a box, stations behind a switch with isolated ports (a Linux bridge), a second OT zone, a
 * management zone and an uplink.
 *
 *   s11 s12 s13 s14                          ems, lap
 *     |   |   |   |  (isolated ports)          |  |
 *   [    switch     ]--- ot0 [ gw ] mg0 ---[ switch ]
 *            m40 ------- ot1 [    ] up0 ------- csms
 */
export class SegmentationNet implements AsyncDisposable {
  readonly net = new TestNet();
  readonly namespaces = new Map<HostName | "gw" | "sw", string>();
  readonly folder: string;
  #hald: Deno.ChildProcess | undefined;
  client: HaldClient | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Lays all cables. `isIsolated`: the switch keeps the stations apart. */
  static async open(options: { readonly isIsolated?: boolean; readonly isPlugged?: boolean } = {}) {
    const site = new SegmentationNet(await Deno.makeTempDir({ dir: "/tmp" }));
    try {
      for (const name of ["gw", "sw", ...Object.keys(HOSTS)] as (HostName | "gw" | "sw")[]) {
        site.namespaces.set(name, await site.net.add(name));
      }
      await site.#switch("ot0", BOX.ot, ["s11", "s12", "s13", "s14"], options.isIsolated ?? true);
      await site.#switch("mg0", BOX.mgmt, ["ems", "lap"], false);
      await site.net.cable("ot1", site.of("gw"), `${BOX.ot2}/24`, site.of("m40"), `${HOSTS.m40.address}/24`);
      await site.net.cable("up0", site.of("gw"), `${BOX.uplink}/24`, site.of("csms"), `${HOSTS.csms.address}/24`);
      if (options.isPlugged ?? true) await site.plug();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  of(name: HostName | "gw" | "sw"): string {
    return this.namespaces.get(name)!;
  }

  /** Switches every link on; the hosts then know the box as their router. */
  async plug(): Promise<void> {
    for (const link of ["ot0", "mg0", "ot1", "up0"]) await this.net.up(this.of("gw"), link);
    for (const [name, { zone, link }] of Object.entries(HOSTS) as [HostName, typeof HOSTS[HostName]][]) {
      const own = zone === "ot" || zone === "mgmt" ? "net0" : link;
      await this.net.up(this.of(name), own);
      await runOk(["ip", "-n", this.of(name), "route", "replace", "default", "via", BOX[zone]]);
    }
  }

  /** The box's link `link` and one port per host, on a bridge in the switch's namespace. */
  async #switch(link: string, box: string, hosts: readonly HostName[], isIsolated: boolean): Promise<void> {
    const [gw, sw] = [this.of("gw"), this.of("sw")];
    // A switch is no host: it says nothing by itself.
    for (const which of ["all", "default"]) {
      await this.net.ok(sw, "sysctl", "-qw", `net.ipv6.conf.${which}.disable_ipv6=1`);
    }
    const inSwitch = (...args: string[]) => runOk(["ip", "-n", sw, ...args]);
    await inSwitch("link", "add", `br-${link}`, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0");
    await runOk(["ip", "-n", gw, "link", "add", link, "type", "veth", "peer", "name", link, "netns", sw]);
    await runOk(["ip", "-n", gw, "addr", "add", `${box}/24`, "brd", "+", "dev", link]);
    await inSwitch("link", "set", link, "master", `br-${link}`, "up");
    for (const name of hosts) {
      const host = this.of(name);
      await runOk(["ip", "-n", host, "link", "add", "net0", "type", "veth", "peer", "name", name, "netns", sw]);
      await runOk(["ip", "-n", host, "addr", "add", `${HOSTS[name].address}/24`, "brd", "+", "dev", "net0"]);
      await inSwitch("link", "set", name, "master", `br-${link}`, "up");
      if (isIsolated) await runOk(["bridge", "-n", sw, "link", "set", "dev", name, "isolated", "on"]);
    }
    await inSwitch("link", "set", `br-${link}`, "up");
  }

  /** Everybody answers on these ports with the own name. */
  async answer(ports: readonly number[], names: readonly (HostName | "gw")[]): Promise<void> {
    const args = (
      name: string,
    ) => ["run", "-A", "--no-check", "--cached-only", `${ROOT}tests/support/net_answerer.ts`, name];
    for (const name of names) {
      this.net.spawn(this.of(name), Deno.execPath(), ...args(name), ...ports.map(String));
    }
    for (const name of names) {
      const last = `sport = :${ports.at(-1)}`;
      await waitFor(`${name} to answer`, async () => {
        const open = await this.net.ok(this.of(name), "ss", "-Hltun", last);
        return open.includes("tcp") && open.includes("udp");
      });
    }
  }

  /** Who answers a host's questions within a while, all asked at once. */
  async ask(from: HostName | "gw", questions: readonly Question[], patienceMs = 2_500): Promise<string[]> {
    const asker = `${ROOT}tests/support/net_asker.ts`;
    const script = ["run", "-A", "--no-check", "--cached-only", asker, String(patienceMs)];
    const output = await runOk(["ip", "netns", "exec", this.of(from), Deno.execPath(), ...script], {
      stdin: JSON.stringify(questions),
      seconds: 120,
    });
    return JSON.parse(output);
  }

  /**
   * Whether these answer a host, "" for nobody. On a busy machine an answer may be late: what is to pass and was silent is
   * asked once more, patiently. What passed and must not is wrong at once.
   */
  async hears(from: HostName | "gw", questions: readonly Question[], wanted: readonly string[]): Promise<void> {
    const answers = await this.ask(from, questions);
    for (const [at, question] of questions.entries()) {
      if (answers[at] === "" && wanted[at] !== "") answers[at] = (await this.ask(from, [question], PATIENT_MS))[0]!;
    }
    deepEqual(answers, wanted);
  }

  /** Starts the real hald in the box's namespace, or starts it again. */
  async startHald(): Promise<HaldClient> {
    const config = {
      callers: [{ user: Deno.uid(), may: ["read", "act"] }],
      firewall: { folder: `${this.folder}/firewall`, openFolder: `${this.folder}/open.d` },
      probe: { interfaces: ["probe0"] },
    };
    await Deno.writeTextFile(`${this.folder}/hald.json`, JSON.stringify(config));
    const where = ["--socket", this.socket, "--config", `${this.folder}/hald.json`];
    const args = ["run", "-A", "--no-check", "--cached-only", `${ROOT}hal/daemon.ts`, ...where];
    this.#hald = this.net.spawn(this.of("gw"), Deno.execPath(), ...args);
    this.client ??= connectHald(this.socket, { clock: systemClock, timers: systemTimers });
    await this.client.call("nft.state", {}, BUSY);
    return this.client;
  }

  get socket(): string {
    return `${this.folder}/hal.sock`;
  }

  async killHald(): Promise<void> {
    this.#hald?.kill("SIGKILL");
    await this.#hald?.status;
  }

  /** Stages and applies a ruleset through hald, and confirms it unless told otherwise. */
  async apply(
    text: string,
    options: { readonly settings?: readonly KernelSetting[]; readonly confirmSeconds?: number } = {},
  ): Promise<string> {
    const client = this.client ?? await this.startHald();
    const digest = await stage(client, text);
    const { settings = [], confirmSeconds } = options;
    await client.call("nft.apply", { digest, settings, confirmSeconds: confirmSeconds ?? 60 }, BUSY);
    if (confirmSeconds === undefined) await client.call("nft.confirm", { digest }, BUSY);
    return digest;
  }

  /** What nft says in the box. */
  async nft(...args: string[]): Promise<string> {
    return (await runCommand(["ip", "netns", "exec", this.of("gw"), "nft", ...args])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client?.close();
    await this.net[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Hands a ruleset to hald in parts; returns its digest. */
async function stage(client: HaldClient, text: string): Promise<string> {
  for (let offset = 0; offset < text.length; offset += 30_000) {
    await client.call("nft.stage", { offset, text: text.slice(offset, offset + 30_000) }, BUSY);
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
