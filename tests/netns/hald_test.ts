import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { type SoftwareTpm, startSoftwareTpm } from "../../hal/testing/software_tpm.ts";
import { runOk } from "../support/run_command.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** The flags of `deno task start`, which are those of the systemd unit. */
const FLAGS = manifest.tasks.start.split(" ").slice(2, -1);

/** A process of ours with its JSON lines. */
interface Running {
  readonly child: Deno.ChildProcess;
  readonly lines: string[];
  has(text: string): boolean;
  /** Ends it and returns its exit code. */
  end(signal?: Deno.Signal): Promise<number>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const command = ["run", "--cached-only", ...args];
  const child = new Deno.Command(Deno.execPath(), {
    args: command,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
  const lines: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) lines.push(text);
  };
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)]).then(([{ code }]) => code);
  return {
    child,
    lines,
    has: (text) => lines.join("").includes(text),
    end: async (signal = "SIGTERM") => {
      child.kill(signal);
      return await withDeadline("the end of the process", ended);
    },
  };
}

interface Box {
  readonly folder: string;
  readonly systemd: Deno.DatagramConn;
  /** Runs a command of main.ts against the running gateway; it must end well. */
  command(...args: string[]): Promise<string>;
  startHald(): Running;
  startGateway(): Running;
}

/** A box with a software TPM, hald.json and a site.yaml that keeps its root key in the TPM. */
async function withBox(work: (box: Box) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const tpm: SoftwareTpm = await startSoftwareTpm(`${folder}/tpm`);
  const systemd = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
  const hald = {
    callers: [{ user: Deno.uid(), may: ["read", "secret", "act"] }],
    keyStore: { kind: "tpm", folder: `${folder}/sealed`, tcti: tpm.tcti },
  };
  await Deno.writeTextFile(`${folder}/hald.json`, JSON.stringify(hald));
  const site = { id: "garage-1", name: "Test", timeZone: "Europe/Berlin", dataDir: `${folder}/data` };
  const hal = { socket: `${folder}/hal.sock`, keyStore: "tpm" };
  await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify({ version: 1, site, hal }));
  const running: Running[] = [];
  const started = (process: Running) => (running.push(process), process);
  const daemon = ["--no-prompt", "-A", `${ROOT}hal/daemon.ts`];
  const env = { NOTIFY_SOCKET: `${folder}/notify` };
  try {
    await work({
      folder,
      systemd,
      command: (...args) =>
        runOk([Deno.execPath(), "run", ...FLAGS, `${ROOT}main.ts`, ...args, "--config", `${folder}/site.yaml`]),
      startHald: () => started(start([...daemon, "--socket", hal.socket, "--config", `${folder}/hald.json`])),
      startGateway: () => started(start([...FLAGS, `${ROOT}main.ts`, "run", "--config", `${folder}/site.yaml`], env)),
    });
  } finally {
    for (const process of running) {
      await process.end("SIGKILL").catch((error) => {
        if (!(error instanceof TypeError)) throw error; // It has ended already.
      });
    }
    await tpm[Symbol.asyncDispose]();
    systemd.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("hald: the gateway seals under the TPM, survives hald's death, and opens the same data after a restart", () =>
  withBox(async ({ folder, command, startHald, startGateway }) => {
    const hald = startHald();
    await waitFor("hald", () => hald.has("hald.service.started"));
    const gateway = startGateway();
    await waitFor("the gateway", () => gateway.has("READY "));
    assert.deepEqual([await isThere(`${folder}/data/keys`), await isThere(`${folder}/sealed/root.tpm`)], [false, true]);

    assert.notEqual(await hald.end("SIGKILL"), 0);
    await waitFor("the loss in the log", () => gateway.has("hald.link.lost"));
    await command("status");
    const again = startHald();
    await waitFor("the link", () => gateway.lines.join("").match(/hald\.link\.opened/g)?.length === 2);
    assert.equal(await gateway.end(), 0);

    const second = startGateway();
    await waitFor("the gateway after its restart", () => second.has("READY "));
    assert.equal(await second.end(), 0);
    assert.equal(await again.end(), 0);
  }));

Deno.test("hald: without hald a site with its key in the TPM does not start, and says what is missing", () =>
  withBox(async ({ folder, startGateway }) => {
    const gateway = startGateway();
    await waitFor("the refusal", () => gateway.has("hald does not answer"));
    assert.ok(!gateway.has("READY "));
    assert.equal(await isThere(`${folder}/data/keys`), false, "no second root key is made");
  }));

Deno.test("sd_notify: main tells systemd that it is ready and that it stops", () =>
  withBox(async ({ systemd, startHald, startGateway }) => {
    startHald();
    const gateway = startGateway();
    const hear = async () =>
      new TextDecoder().decode((await withDeadline("a message to systemd", systemd.receive()))[0]);
    assert.match(await hear(), /^READY=1/);
    const code = gateway.end();
    assert.match(await hear(), /^STOPPING=1/);
    assert.equal(await code, 0);
  }));
