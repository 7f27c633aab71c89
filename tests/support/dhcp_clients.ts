import { runCommand, runOk } from "./run_command.ts";
import type { TestNet } from "./test_net.ts";

/** The DHCP client programs that stations and their kin run. */
export type ClientProgram = "udhcpc" | "dhclient" | "dhcpcd";

/** A device on a switch port: a namespace with one interface and no address. */
export interface ClientPort {
  readonly namespace: string;
  readonly link: string;
  readonly mac: string;
  /** Number of its zone. */
  readonly zone: number;
}

/** Sets and removes the address for udhcpc (event in $1) and dhclient (event in $reason). */
const SCRIPT = `#!/bin/sh
case "$1$reason" in
  bound|renew|BOUND|RENEW|REBIND|REBOOT)
    ip addr flush dev "$interface"; ip addr add "\${ip:-$new_ip_address}/24" dev "$interface" ;;
  deconfig|RELEASE|EXPIRE|STOP) ip addr flush dev "$interface" ;;
esac
exit 0
`;

/**
 * Without the pauses that keep a whole building from asking at once after a power cut. It takes no order to renew, so it does
 * every second or two, and asks everybody after three.
 */
const DHCLIENT = "initial-delay 0; initial-interval 1; backoff-cutoff 2; select-timeout 0; reboot 2; retry 1; " +
  "supersede dhcp-renewal-time 1; supersede dhcp-rebinding-time 3;\n";

/**
 * Devices on switches in front of the box, one switch for each zone:
 *
 *      "gw"  ot0 ---- switch (bridge) ---- device 0, device 1, device 2
 *            ot1 ---- switch (bridge) ---- device 3, ...
 */
export class DhcpClients implements AsyncDisposable {
  static #count = 0;
  readonly ports: readonly ClientPort[];
  /** Namespaces of the switches, by zone. */
  readonly switches: readonly string[];
  readonly #net: TestNet;
  readonly #folder: string;

  private constructor(net: TestNet, folder: string, ports: readonly ClientPort[], switches: readonly string[]) {
    this.#net = net;
    this.#folder = folder;
    this.ports = ports;
    this.switches = switches;
  }

  /** Lays all cables; `perZone` devices on each switch. */
  static async plug(
    net: TestNet,
    gateway: string,
    zones: readonly { readonly name: string; readonly address: string }[],
    perZone = 3,
  ): Promise<DhcpClients> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-clients-" });
    await Deno.writeTextFile(`${folder}/script`, SCRIPT, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/dhclient.conf`, DHCLIENT);
    const ports: ClientPort[] = [];
    const switches: string[] = [];
    // The client programs keep files by the name of the interface, in folders that all namespaces share.
    const unique = `c${Deno.pid % 100_000}${DhcpClients.#count++}`;
    for (const [zone, { name, address }] of zones.entries()) {
      const namespace = await net.add(`sw${zone}`);
      switches.push(namespace);
      await runOk(["ip", "-n", namespace, "link", "add", "br0", "type", "bridge"]);
      await runOk(["ip", "-n", namespace, "link", "set", "br0", "up"]);
      await net.link(name, gateway, address, namespace, "192.0.2.1/32");
      await runOk(["ip", "-n", namespace, "link", "set", name, "master", "br0"]);
      for (let at = 0; at < perZone; at++) {
        const link = `${unique}p${ports.length}`;
        const device = await net.add(`d${ports.length}`);
        await net.link(link, device, "192.0.2.2/32", namespace, "192.0.2.1/32");
        await runOk(["ip", "-n", device, "addr", "flush", "dev", link]);
        await runOk(["ip", "-n", namespace, "link", "set", link, "master", "br0"]);
        const [{ address: mac }] = JSON.parse(await runOk(["ip", "-n", device, "-json", "link", "show", link]));
        ports.push({ namespace: device, link, mac, zone });
      }
    }
    return new DhcpClients(net, folder, ports, switches);
  }

  /** Starts a client; it goes on renewing until it is released or the test ends. */
  start({ namespace, link }: ClientPort, program: ClientProgram): void {
    const script = `${this.#folder}/script`;
    if (program === "udhcpc") {
      this.#net.spawn(
        namespace,
        "udhcpc",
        "-f",
        "-i",
        link,
        "-s",
        script,
        "-t",
        "5",
        "-T",
        "1",
        "-A",
        "1",
        "-p",
        this.#file(link, "pid"),
      );
    } else if (program === "dhclient") {
      this.#net.spawn(namespace, "dhclient", "-4", "-d", "-v", "-sf", script, ...this.#dhclientFiles(link), link);
    } else {
      this.#net.spawn(
        namespace,
        "dhcpcd",
        "-4",
        "-B",
        "-q",
        "--noarp",
        "-f",
        "/dev/null",
        "-c",
        "/bin/true",
        "-t",
        "0",
        link,
      );
    }
  }

  /** Has a client give its address back and end. */
  async release({ namespace, link }: ClientPort, program: ClientProgram): Promise<void> {
    if (program === "udhcpc") {
      const pid = Number(await Deno.readTextFile(this.#file(link, "pid")));
      Deno.kill(pid, "SIGUSR2");
    } else if (program === "dhclient") {
      await runCommand([
        "ip",
        "netns",
        "exec",
        namespace,
        "dhclient",
        "-4",
        "-r",
        "-sf",
        `${this.#folder}/script`,
        ...this.#dhclientFiles(link),
        link,
      ]);
    } else {
      await runCommand(["ip", "netns", "exec", namespace, "dhcpcd", "-4", "-k", link]);
    }
  }

  /**
   * Has a client ask again for the address that it has, whatever the time. dhclient does so by itself all the time; udhcpc asks its
   * server first and everybody after a few seconds.
   */
  async again(port: ClientPort, program: ClientProgram, how: "renew" | "rebind"): Promise<void> {
    if (program === "udhcpc") await this.renew(port);
    if (program === "dhcpcd") {
      await runOk(["ip", "netns", "exec", port.namespace, "dhcpcd", "-4", `--${how}`, port.link]);
    }
  }

  /** Has a udhcpc renew now. */
  async renew({ link }: ClientPort): Promise<void> {
    Deno.kill(Number(await Deno.readTextFile(this.#file(link, "pid"))), "SIGUSR1");
  }

  /** The IPv4 address that a device has; undefined without one. */
  async addressOf({ namespace, link }: ClientPort): Promise<string | undefined> {
    const [found] = JSON.parse(await runOk(["ip", "-n", namespace, "-4", "-json", "addr", "show", "dev", link]));
    return found?.addr_info?.[0]?.local;
  }

  #dhclientFiles(link: string): string[] {
    return ["-cf", `${this.#folder}/dhclient.conf`, "-lf", this.#file(link, "leases"), "-pf", this.#file(link, "pid")];
  }

  #file(link: string, kind: string): string {
    return `${this.#folder}/${link}.${kind}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { namespace, link } of this.ports) {
      await runCommand(["ip", "netns", "exec", namespace, "dhcpcd", "-4", "-x", link]);
    }
    await Deno.remove(this.#folder, { recursive: true });
  }
}
