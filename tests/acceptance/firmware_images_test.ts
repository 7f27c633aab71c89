import { deepEqual, equal, match } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { TestCa } from "../support/test_ca.ts";
import { tarOf } from "../support/firmware_rig.ts";
import { TufRepository } from "../support/tuf_repository.ts";

// The whole product: the gateway as a process, commands from a second process, kill -9 between them.

const IMAGE = new TextEncoder().encode("firmware ".repeat(100_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const SHORT = SHA256.slice(0, 12);
const root = new TestCa("Bender firmware root");
const signer = root.issue({});

interface Answer {
  readonly code: number;
  readonly text: string;
}
interface Site {
  readonly folder: string;
  gateway: GatewayProcess;
  /** A command line of its own process. */
  run(...args: string[]): Promise<Answer>;
  /** The same over the control socket, as a second process does it. */
  ask(
    command: string,
    args?: Record<string, string>,
    who?: string,
  ): Promise<{ text: string; data: unknown; ok?: boolean }>;
  crash(): Promise<void>;
}

async function withSite(use: (site: Site) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-firmware-" });
  const repository = new TufRepository();
  repository.vendor("bender");
  repository.image("bender", "bender/CC613/b.deb", IMAGE.subarray(9), { version: "5.34.0" });
  repository.publish();
  const write = (name: string, content: string | Uint8Array) =>
    Deno.writeFile(`${folder}/${name}`, typeof content === "string" ? new TextEncoder().encode(content) : content);
  await write("root.json", repository.pinned);
  await write("roots.pem", root.pem);
  await write("a.deb", IMAGE);
  await write("a.sig", new Uint8Array(sign("sha256", IMAGE, signer.key)));
  await write("a.pem", signer.certPem);
  await write("fleet.fwb", await tarOf(repository.files));
  await write(
    "site.yaml",
    `version: 1
site: { id: garage }
firmware:
  rootFile: root.json
  vendors: [{ vendor: bender, manufacturerRootsFile: roots.pem, formats: [deb], onUnverified: hold }]
`,
  );
  const configFile = `${folder}/site.yaml`;
  const options = { configFile, dataDir: `${folder}/data`, timers: systemTimers };
  const main = new URL("../../main.ts", import.meta.url).href;
  const flags = ["--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
  const site: Site = {
    folder,
    gateway: await GatewayProcess.start(options),
    async run(...args) {
      const output = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", ...flags, main, ...args, "--config", configFile],
      }).output();
      return {
        code: output.code,
        text: new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr),
      };
    },
    ask: (command, args = {}, who = "anna") => site.gateway.command(command, args, who),
    async crash() {
      await site.gateway.kill();
      site.gateway = await GatewayProcess.start(options);
    },
  };
  try {
    await use(site);
  } catch (error) {
    throw new Error(`${error}\n${site.gateway.logTail(20)}`, { cause: error });
  } finally {
    await site.gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("firmware: import, kill -9, swap on disk, release by two persons, from the command line", () =>
  withSite(async ({ run, ask, folder, crash }) => {
    const claim = ["--vendor", "bender", "--version", "5.33.2"];
    const signed = [...claim, "--signature", `${folder}/a.sig`, "--certificate", `${folder}/a.pem`];
    const looked = await run("firmware", "import", `${folder}/a.deb`, ...signed);
    deepEqual(looked.code, 0, looked.text);
    match(looked.text, /^verified: proved by ocpp-signature/);
    match((await ask("firmware list")).text, /^No image; 0 kB of 8192.0 MB used/);
    const taken = await run("firmware", "import", `${folder}/a.deb`, ...signed, "--accept");
    match(taken.text, new RegExp(`Stored as ${SHORT}, verified`));
    await crash();
    match((await ask("firmware list")).text, new RegExp(`${SHORT} +verified +bender +any +5.33.2`));
    equal((await ask("firmware verify")).ok, true);

    const verified = `${folder}/data/firmware/verified/${SHA256}`;
    await Deno.remove(verified);
    await Deno.writeFile(verified, IMAGE.map((byte, at) => at === 77 ? byte ^ 1 : byte));
    const swapped = await run("firmware", "verify");
    deepEqual(
      [swapped.code, swapped.text.includes("was changed on the disk and is withdrawn")],
      [1, true],
      swapped.text,
    );
    match((await run("alarms", "list")).text, /firmware.image.changed/);

    const bundle = await run("firmware", "import", `${folder}/fleet.fwb`, "--accept", "--json");
    equal(JSON.parse(bundle.text).stored.length, 1, bundle.text);

    await Deno.writeFile(`${folder}/c.deb`, IMAGE.subarray(1));
    const held = await run("firmware", "import", `${folder}/c.deb`, ...claim, "--accept", "--json");
    const { image } = JSON.parse(held.text) as { image: { sha256: string; state: string } };
    equal(image.state, "held", held.text);
    const release = (who: string) =>
      ask("firmware release", { image: image.sha256, hash: image.sha256, because: "mail" }, who);
    match((await release("anna")).text, /one more person/);
    await crash();
    match((await release("ben")).text, /anna and ben vouched for it/);
    const listed = (await ask("firmware list")).data as { images: { state: string }[] };
    deepEqual(listed.images.map(({ state }) => state).sort(), ["verified", "verified", "withdrawn"]);
    match(
      (await run("firmware", "import", `${folder}/missing.deb`, ...claim)).text,
      /Cannot copy ".*missing.deb" into the drop folder/,
    );
    deepEqual([...Deno.readDirSync(`${folder}/data/firmware/uploads`)], []);
    equal((await ask("audit verify")).ok !== false, true);
  }));
