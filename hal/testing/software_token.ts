import { createToolRunner } from "../tool.ts";
import { systemTimers } from "../../gateway/core/timers.ts";

/** A software PKCS#11 token for tests (Debian packages softhsm2 and opensc). */
export interface SoftwareToken {
  readonly module: string;
  readonly tokenLabel: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly pin: string;
}

/** Makes an empty token below `folder`; it needs no root. */
export async function makeSoftwareToken(folder: string): Promise<SoftwareToken> {
  await Deno.mkdir(`${folder}/tokens`, { recursive: true });
  const configFile = `${folder}/softhsm2.conf`;
  await Deno.writeTextFile(configFile, `directories.tokendir = ${folder}/tokens\nlog.level = ERROR\n`);
  const environment = { SOFTHSM2_CONF: configFile };
  const tokenLabel = "bulkhead-test";
  const pin = "98765432";
  await createToolRunner(systemTimers)({
    program: "softhsm2-util",
    args: ["--init-token", "--free", "--label", tokenLabel, "--so-pin", "12345678", "--pin", pin],
    env: environment,
  });
  return { module: await findModule(), tokenLabel, environment, pin };
}

/** Debian puts the library below a folder named after the machine. */
async function findModule(): Promise<string> {
  const machine = Deno.build.arch === "x86_64" ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
  for (const path of [`/usr/lib/${machine}/softhsm/libsofthsm2.so`, "/usr/lib/softhsm/libsofthsm2.so"]) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  throw new Error("libsofthsm2.so is not installed: apt-get install softhsm2 opensc");
}
