import { type CommandOutcome, runCommand, runOk } from "./run_command.ts";
import { waitFor } from "./wait_for.ts";

/**
 * A small network of Linux network namespaces on this machine, for tests that need root.
 *
 *        "station"            "gw" (the box)             "csms"
 *      +-----------+       +------------------+       +-----------+
 *      | lo   ot0  |-------| ot0   lo   it0   |-------| it0   lo  |
 *      +-----------+ veth  +------------------+ veth  +-----------+
 *       10.20.0.11          10.20.0.1  10.99.0.2        10.99.0.9
 *
 * Nothing here reaches the machine's own network: a namespace starts with a loopback of its own and the veth pairs that the
 * test makes. `await using net = new TestNet()` removes everything, also when the test fails.
 */
export class TestNet implements AsyncDisposable {
  static #count = 0;
  readonly #id = `bh${Deno.pid}n${TestNet.#count++}`;
  readonly #namespaces: string[] = [];
  readonly #children: Deno.ChildProcess[] = [];
  /** The next MAC address to give out. */
  #nextMac = 1;

  /** Makes a namespace with a loopback that is up; the returned name is for the other methods. */
  async add(name: string): Promise<string> {
    const namespace = `${this.#id}-${name}`;
    await runOk(["ip", "netns", "add", namespace]);
    this.#namespaces.push(namespace);
    await runOk(["ip", "-n", namespace, "link", "set", "lo", "up"]);
    return namespace;
  }

  /** Lays a cable between two namespaces; both ends are called `link` and have these addresses. Both stay down. */
  async cable(link: string, a: string, aAddress: string, b: string, bAddress: string): Promise<void> {
    await runOk(["ip", "-n", a, "link", "add", link, "type", "veth", "peer", "name", link, "netns", b]);
    for (const [namespace, address] of [[a, aAddress], [b, bAddress]] as const) {
      const mac = `02:00:00:00:01:${(this.#nextMac++).toString(16).padStart(2, "0")}`;
      await runOk(["ip", "-n", namespace, "link", "set", link, "address", mac]);
      await runOk(["ip", "-n", namespace, "addr", "add", address, "dev", link, "nodad"]);
    }
  }

  /** Switches one end of a cable on; traffic needs both. */
  async up(namespace: string, link: string): Promise<void> {
    await runOk(["ip", "-n", namespace, "link", "set", link, "up"]);
  }

  /** Switches both ends of a cable on and waits until the kernel sends through it (it notices a carrier with delay). */
  async plug(link: string, a: string, b: string): Promise<void> {
    for (const namespace of [a, b]) await this.up(namespace, link);
    for (const namespace of [a, b]) {
      await waitFor(`${link} of ${namespace}`, async () => {
        const [state] = JSON.parse(await runOk(["ip", "-n", namespace, "-json", "link", "show", link]));
        return state.operstate === "UP";
      });
    }
  }

  /** Lays a cable and plugs it in. */
  async link(link: string, a: string, aAddress: string, b: string, bAddress: string): Promise<void> {
    await this.cable(link, a, aAddress, b, bAddress);
    await this.plug(link, a, b);
  }

  /** Runs a program in a namespace to its end. */
  run(namespace: string, ...command: [string, ...string[]]): Promise<CommandOutcome> {
    return runCommand(["ip", "netns", "exec", namespace, ...command], { seconds: 120 });
  }

  /** Runs a program in a namespace that must succeed. */
  async ok(namespace: string, ...command: [string, ...string[]]): Promise<string> {
    return await runOk(["ip", "netns", "exec", namespace, ...command], { seconds: 120 });
  }

  /** Starts a program in a namespace; it is ended with the network. */
  spawn(namespace: string, ...command: string[]): Deno.ChildProcess {
    const args = ["netns", "exec", namespace, ...command];
    const child = new Deno.Command("ip", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // It has ended already.
      }
      await child.status;
    }
    for (const namespace of this.#namespaces) await runOk(["ip", "netns", "del", namespace]);
  }
}
