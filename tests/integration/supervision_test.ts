import { equal, match } from "node:assert/strict";
import { runInGateway } from "../../gateway/cli/control_client.ts";
import type { WorkerState } from "../../gateway/control/contract.ts";
import type { Misbehaviour } from "../support/misbehaving_worker.ts";
import { waitFor } from "../support/wait_for.ts";

/** A gateway with one Worker that misbehaves on demand, started again whenever it ends, as systemd would. */
class MisbehavingGateway implements AsyncDisposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "bulkhead-supervision-" });
  readonly exits: number[] = [];
  output = "";
  #process: Deno.ChildProcess | undefined;
  #running: Promise<void>;
  #stopping = false;

  constructor() {
    this.configure("calm");
    this.#running = this.#runForEver();
  }

  get socket(): string {
    return `${this.dir}/data/control.sock`;
  }

  configure(name: Misbehaviour): void {
    const text = `version: 1\nsite: { id: lab, name: ${name}, dataDir: ./data }\n`;
    Deno.writeTextFileSync(`${this.dir}/site.yaml`, text);
  }

  async command(name: string): Promise<{ text: string; data: Record<string, unknown> }> {
    return await runInGateway(this.socket, name, {}, "tester") as never;
  }

  async worker(): Promise<WorkerState | undefined> {
    try {
      const { data } = await this.command("status");
      return (data["workers"] as Record<string, WorkerState>)["misbehaving"];
    } catch {
      return undefined; // the gateway is between two lives
    }
  }

  async ready(): Promise<void> {
    await waitFor("the misbehaving Worker to be ready", async () => (await this.worker())?.state === "ready");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#process?.kill("SIGKILL");
    await this.#running;
    Deno.removeSync(this.dir, { recursive: true });
  }

  async #runForEver(): Promise<void> {
    const main = new URL("../support/misbehaving_gateway.ts", import.meta.url).pathname;
    const flags = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
    for (let life = 0; life < 10 && !this.#stopping; life++) {
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--v8-flags=--max-old-space-size=200", ...flags, main, `${this.dir}/site.yaml`],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      this.#process = process;
      for await (const chunk of process.stdout) this.output += new TextDecoder().decode(chunk);
      this.exits.push((await process.status).code);
    }
  }
}

const CAUGHT: readonly { how: Misbehaviour; fault: RegExp }[] = [
  { how: "throw", fault: /thrown on purpose/ },
  { how: "reject", fault: /rejected on purpose/ },
  { how: "exit", fault: /tried to end itself/ },
  { how: "close", fault: /tried to end itself/ },
];

Deno.test("supervision: a Worker that throws, rejects or tries to exit is restarted, and the others keep running", async (t) => {
  await using gateway = new MisbehavingGateway();
  await gateway.ready();
  for (const [index, { how, fault }] of CAUGHT.entries()) {
    await t.step(how, async () => {
      gateway.configure(how);
      await gateway.command("reload").catch(() => undefined);
      await waitFor("a restart", async () => ((await gateway.worker())?.restarts ?? 0) > index);
      await gateway.ready();
      match((await gateway.worker())?.lastFault ?? "", fault);
      gateway.configure("calm");
      await gateway.command("reload");
    });
  }
  equal(gateway.exits.length, 0);
});

Deno.test("supervision: a refused reload keeps the Worker and its old configuration", async () => {
  await using gateway = new MisbehavingGateway();
  await gateway.ready();
  gateway.configure("refuse");
  const { text } = await gateway.command("reload");
  match(text, /Kept the old configuration:[\s\S]*refused on purpose/);
  equal((await gateway.worker())?.restarts, 0);
});

const FATAL: readonly { how: Misbehaviour; code: number }[] = [{ how: "loop", code: 70 }, { how: "memory", code: 133 }];

for (const { how, code } of FATAL) {
  const sentence = how === "loop" ? "loops" : "runs out of memory";
  Deno.test(`supervision: a Worker that ${sentence} ends the process, which is back with every acknowledged record`, async () => {
    await using gateway = new MisbehavingGateway();
    await gateway.ready();
    const before = (await gateway.command("status")).data["audit"] as { sequence: number };
    gateway.configure(how);
    const reload = gateway.command("reload").catch(() => undefined);
    await waitFor("the process to end", () => gateway.exits.length === 1, 60_000);
    await reload;
    equal(gateway.exits[0], code);
    gateway.configure("calm");
    await gateway.ready();
    const after = (await gateway.command("status")).data["audit"] as { sequence: number };
    equal(after.sequence > before.sequence, true);
  });
}
