import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { charxPages } from "../../gateway/demo/controllers/charx.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { TestCa } from "../support/test_ca.ts";

// The whole product: what drivers do at controllers without a person, from the command line, over a kill -9.

const OLD = "Old-password1", NEW = "New-password2";
const IMAGE = new TextEncoder().encode("firmware ".repeat(50_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");

interface World {
  readonly folder: string;
  readonly bender: BenderPages;
  readonly charx: ReturnType<typeof charxPages>;
  ask(command: string, args?: Record<string, string>): Promise<{ text: string; data: unknown; ok?: boolean }>;
  /** A command line of its own process. */
  run(...args: string[]): Promise<{ code: number; text: string }>;
  /** kill -9, and up again. */
  crash(): Promise<void>;
  audit(): Promise<string>;
}

/** site.yaml of a garage with a controller at each origin; the second charges under OCPP too. */
function siteText(
  origins: readonly string[],
  ports: { readonly console: number; readonly tls: number; readonly plain: number },
) {
  const { console, tls, plain } = ports;
  const ui = (at: number, driver: string, roles: readonly string[]) => ({
    ...{ url: origins[at]!, driver, plaintext: "isolated-segment" },
    accounts: roles.map((role) => ({ role, passwordFile: role })),
  });
  return stringify({
    version: 1,
    site: { id: "garage" },
    console: {
      listen: `127.0.0.1:${console}`,
      hostname: "gw.garage.example",
      devicePages: { listen: `127.0.0.1:${tls}` },
    },
    stations: [
      { id: "CP001", vendor: "bender", ui: ui(0, "bender", ["operator"]) },
      {
        ...{ id: "CP002", vendor: "phoenix", ui: ui(1, "charx", ["operator", "manufacturer"]) },
        ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, csms: "main", passwordFile: "station" },
      },
    ],
    ocpp: {
      listeners: [{ listen: `127.0.0.1:${plain}`, plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: "wss://127.0.0.1:1/csms" }],
    },
    firmware: { vendors: [{ vendor: "phoenix", manufacturerRootsFile: "roots.pem", onUnverified: "hold" }] },
  });
}

async function withWorld(use: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-operations-" });
  const bender = new BenderPages({ passwords: { operator: OLD }, dialects: ["v1", "json"], endsLogins: true });
  const charx = charxPages({ operator: OLD, manufacturer: OLD });
  const devices = [await startDevice(bender.pages), await startDevice(charx.pages)];
  const ports = reservePorts();
  const root = new TestCa("Maker firmware root"), signer = root.issue({});
  const files: Record<string, string | Uint8Array> = {
    "operator": `${OLD}\n`,
    "manufacturer": OLD,
    "next": NEW,
    "station": "station-password-0123",
    "a.bin": IMAGE,
    "b.bin": IMAGE.subarray(9),
    "a.sig": new Uint8Array(sign("sha256", IMAGE, signer.key)),
    "a.pem": signer.certPem,
    "roots.pem": root.pem,
    "golden": "LedBrightness_hmi=50\nSSHAccessUsb=On\n",
  };
  files["site.yaml"] = siteText(devices.map(({ origin }) => origin), ports);
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  const configFile = `${folder}/site.yaml`;
  const options = { configFile, dataDir: `${folder}/data`, timers: systemTimers };
  const main = new URL("../../main.ts", import.meta.url).href;
  let gateway = await GatewayProcess.start(options);
  try {
    await use({
      ...{ folder, bender, charx },
      ask: (command, args = {}) => gateway.command(command, args, "anna"),
      run: async (...args) => {
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-prompt", "-A", main, ...args, "--config", configFile],
        }).output();
        return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
      },
      crash: async () => {
        await gateway.kill();
        gateway = await GatewayProcess.start(options);
      },
      audit: async () => JSON.stringify((await gateway.command("audit tail", { lines: "500" }, "anna")).data),
    });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    for (const device of devices) await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("BC-01, BC-11, EV-01, EV-07: a password set and proven over a kill -9, logs sealed and opened, a forbidden import refused, firmware only when verified", () =>
  withWorld(async ({ folder, bender, charx, ask, run, crash, audit }) => {
    // EV-01: the site's own password comes in and is not the documented one, so nothing is tried.
    match((await ask("device check", { station: "CP001" })).text, /operator +operator +changed/);
    equal(bender.accounts.wrongTries, 0);

    const set = { station: "CP001", role: "operator", old: OLD, new: NEW };
    match((await ask("device password", set)).text, /proven by a login/);
    await Deno.writeTextFile(`${folder}/operator.new`, NEW);
    await Deno.rename(`${folder}/operator.new`, `${folder}/operator`); // the site's own file, as the answer says
    charx.accounts.change("operator", NEW);
    await crash();
    match((await ask("device prove", { station: "CP001", role: "operator" })).text, /is right/);
    equal(bender.accounts.wrongTries, 0);

    // The file of logs: sealed on the disk, whole in the hand of who may have it.
    const got = await run("device", "download", "CP002", "--what", "logs", "--file", `${folder}/logs.zip`);
    deepEqual([got.code, await Deno.readTextFile(`${folder}/logs.zip`)], [0, "PK-logs"], got.text);
    for await (const { name } of Deno.readDir(`${folder}/data/device-files`)) {
      equal((await Deno.readTextFile(`${folder}/data/device-files/${name}`)).includes("PK-logs"), false);
    }

    const refused = await run("device", "import", "CP001", "--file", `${folder}/golden`);
    match(refused.text, /import\.setting\.dev/);
    deepEqual([refused.code, bender.settings.has("SSHAccessUsb"), bender.settings.has("LedBrightness_hmi")], [
      1,
      false,
      false,
    ]);

    // Held for want of a signature: no byte goes. Verified: whole.
    const claim = ["--vendor", "phoenix", "--version", "1.9.0"];
    await run("firmware", "import", `${folder}/b.bin`, ...claim, "--accept");
    const held = createHash("sha256").update(IMAGE.subarray(9)).digest("hex");
    await rejects(ask("device firmware", { station: "CP002", image: held, force: true as never }), {
      message: /device-image\.unverified/,
    });
    deepEqual(charx.images, []);
    const signed = ["--signature", `${folder}/a.sig`, "--certificate", `${folder}/a.pem`];
    const taken = await run("firmware", "import", `${folder}/a.bin`, ...claim, ...signed, "--accept");
    match(taken.text, /verified/);
    await ask("device firmware", { station: "CP002", image: SHA256, force: true as never });
    deepEqual([charx.images, charx.installs], [[SHA256], ["a.bin"]]);

    // Other hardware: nothing that was got from the old one is taken for its own.
    match((await ask("device files", {})).text, /CP002/);
    await ask("station replace", { station: "CP002", reason: "lightning" });
    match((await ask("device files", {})).text, /^No file/);
    deepEqual([...Deno.readDirSync(`${folder}/data/device-files`)], []);

    const records = (await audit()).replaceAll('\\"', '"');
    for (const what of ["password", "prove", "logs", "write", "firmware"]) {
      ok(records.includes(`"operation":"${what}"`), what);
    }
    equal(records.includes(OLD) || records.includes(NEW), false, "no secret in the audit");
  }));
