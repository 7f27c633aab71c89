import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { connectHald, type HaldClient } from "../../hal/client.ts";
import { type SaidInGateway, sayToGateway } from "./gateway_words.ts";
import { runOk } from "./run_command.ts";
import { START_FLAGS } from "./run_gateway.ts";
import { TestNet } from "./test_net.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Passwords and names of the reading user. */
export const READER = {
  user: "bulkhead",
  auth: "auth-password-1",
  privacy: "privacy-password-1",
  community: "readonly",
};
/** What the stations have. */
export const STATIONS = { s11: "02:00:00:00:00:11", s12: "02:00:00:00:00:12" } as const;

/**
 * A garage with a managed switch: a Linux bridge whose tables snmpd shows, and that lldpd names on its cables.
 *
 *   s11 ─ port p11 ┐
 *                  [ sw: br0, snmpd, lldpd ] port box ─── ot0 [ gw: hald, gateway ]
 *   s12 ─ port p12 ┘      10.20.0.2                        10.20.0.1
 */
export class SwitchLab implements AsyncDisposable {
  readonly net = new TestNet();
  readonly namespaces: Record<string, string> = {};
  client: HaldClient | undefined;
  #gateway: Deno.ChildProcess | undefined;

  private constructor(readonly folder: string) {}

  static async open(): Promise<SwitchLab> {
    const lab = new SwitchLab(await Deno.makeTempDir({ dir: "/tmp", prefix: "bulkhead-switch-" }));
    try {
      await lab.#lay();
      await lab.#startSwitch();
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  of(name: string): string {
    return this.namespaces[name]!;
  }

  async #lay(): Promise<void> {
    for (const name of ["gw", "sw", "s11", "s12"]) this.namespaces[name] = await this.net.add(name);
    const sw = this.of("sw");
    const ip = (...args: string[]) => runOk(["ip", "-n", sw, ...args]);
    await ip("link", "add", "br0", "type", "bridge", "forward_delay", "0");
    await ip("addr", "add", "10.20.0.2/24", "dev", "br0");
    await runOk(["ip", "-n", this.of("gw"), "link", "add", "ot0", "type", "veth", "peer", "name", "box", "netns", sw]);
    await runOk(["ip", "-n", this.of("gw"), "addr", "add", "10.20.0.1/24", "dev", "ot0"]);
    for (const name of ["s11", "s12"] as const) await this.#plug(name, name.replace("s", "p"));
    await ip("link", "set", "box", "master", "br0", "up");
    await ip("link", "set", "br0", "up");
    await this.net.up(this.of("gw"), "ot0");
  }

  /** snmpd and lldpd, as Debian has them. */
  async #startSwitch(): Promise<void> {
    const { user, auth, privacy, community } = READER;
    const mib = `${Deno.execPath()} run -A --no-check --cached-only ${ROOT}tests/support/bridge_mib.ts br0`;
    await Deno.writeTextFile(
      `${this.folder}/snmpd.conf`,
      [
        "agentAddress udp:10.20.0.2:161",
        "sysName sw-lab",
        "master agentx",
        `agentXSocket ${this.folder}/agentx`,
        "agentXPerms 0777 0777",
        `rocommunity ${community}`,
        `createUser ${user} SHA-256 "${auth}" AES "${privacy}"`,
        `rouser ${user} authpriv`,
        `pass_persist .1.3.6.1.2.1.17 ${mib}`,
        "",
      ].join("\n"),
    );
    await Deno.mkdir(`${this.folder}/state`);
    const snmpd = ["snmpd", "-f", "-Lf", `${this.folder}/snmpd.log`, "-C", "-c", `${this.folder}/snmpd.conf`];
    const persistent = `SNMP_PERSISTENT_DIR=${this.folder}/state`;
    this.net.spawn(this.of("sw"), "env", persistent, ...snmpd, "-p", `${this.folder}/snmpd.pid`);
    await waitFor("snmpd", async () => {
      return (await this.net.ok(this.of("sw"), "ss", "-Hlun")).includes("10.20.0.2:161");
    });
  }

  /** lldpd on the switch: it names itself on every port, and tells snmpd what it hears. */
  async startLldp(): Promise<void> {
    await Deno.chmod(this.folder, 0o755); // lldpd gives up root
    const control = `${this.folder}/lldpd`;
    const how = ["-d", "-u", control, "-x", "-X", `${this.folder}/agentx`, "-I", "box,p11,p12", "-C", "br0"];
    this.net.spawn(this.of("sw"), "lldpd", ...how, "-S", "a switch of the lab", "-P", "bulkhead lab");
    const cli = (...words: string[]) => this.net.run(this.of("sw"), "lldpcli", "-u", control, ...words);
    await waitFor("lldpd to know its ports", async () => {
      return (await cli("show", "interfaces")).stdout.includes("PortDescr:    p12");
    });
    await cli("configure", "system", "hostname", "sw-lab");
    await cli("configure", "lldp", "tx-interval", "1");
    await cli("update"); // now, and not in half a minute
  }

  /** Each station sends something, so that the switch learns its port. */
  async talk(...names: (keyof typeof STATIONS)[]): Promise<void> {
    for (const name of names) await this.net.run(this.of(name), "ping", "-c", "1", "-W", "1", "10.20.0.1");
  }

  /** A station's cable goes out of its port and into another one. */
  async replug(name: keyof typeof STATIONS, port: string): Promise<void> {
    await runOk(["ip", "-n", this.of(name), "link", "del", "net0"]);
    await this.#plug(name, port);
  }

  async #plug(name: keyof typeof STATIONS, port: string): Promise<void> {
    const [own, sw] = [this.of(name), this.of("sw")];
    await runOk(["ip", "-n", own, "link", "add", "net0", "type", "veth", "peer", "name", port, "netns", sw]);
    await runOk(["ip", "-n", own, "link", "set", "net0", "address", STATIONS[name]]);
    await runOk(["ip", "-n", own, "addr", "add", `10.20.0.${name.slice(1)}/24`, "dev", "net0"]);
    await this.net.up(own, "net0");
    await runOk(["ip", "-n", sw, "link", "set", port, "master", "br0", "up"]);
  }

  /** The real hald in the box, with ears for LLDP. */
  async startHald(): Promise<HaldClient> {
    const config = {
      callers: [{ user: Deno.uid(), may: ["read", "act"] }],
      lldp: { interfaces: ["ot0", "not-there"] },
    };
    await Deno.writeTextFile(`${this.folder}/hald.json`, JSON.stringify(config));
    const where = ["--socket", `${this.folder}/hal.sock`, "--config", `${this.folder}/hald.json`];
    this.net.spawn(
      this.of("gw"),
      ...[Deno.execPath(), "run", "-A", "--no-check", "--cached-only", `${ROOT}hal/daemon.ts`, ...where],
    );
    this.client = connectHald(`${this.folder}/hal.sock`, { clock: systemClock, timers: systemTimers });
    await this.client.call("hald.hello", {}, { deadlineMs: 40_000 });
    return this.client;
  }

  /** The gateway in the box; returns what runs its commands. Its data are in the folder `data` of the lab. */
  async startGateway(site: object): Promise<(...words: string[]) => Promise<SaidInGateway>> {
    const file = `${this.folder}/site.yaml`;
    await Deno.writeTextFile(file, JSON.stringify(site));
    for (const [name, text] of [["auth", READER.auth], ["privacy", READER.privacy], ["community", READER.community]]) {
      await Deno.writeTextFile(`${this.folder}/${name}`, `${text}\n`, { mode: 0o600 });
    }
    const main = ["run", ...START_FLAGS, `${ROOT}main.ts`];
    this.#gateway = this.net.spawn(this.of("gw"), Deno.execPath(), ...main, "run", "--config", file);
    const command = (...words: string[]) => sayToGateway(`${this.folder}/data`, ...words);
    await waitFor("the gateway", async () => (await command("status")).stdout.includes("Workers"), 60_000);
    return command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client?.close();
    this.#gateway?.kill("SIGTERM");
    await this.#gateway?.status;
    await this.net[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
