import { systemRandom } from "../../../gateway/core/timers.ts";
import { ImageExamination } from "../../../gateway/firmware/image_examination.ts";
import { ImageStore } from "../../../gateway/firmware/image_store.ts";
import { fileParts } from "../../../gateway/firmware/intake/file_parts.ts";
import { vendorProfile } from "../../support/firmware_rig.ts";
import { runOk } from "../../support/run_command.ts";
import { TestCa } from "../../support/test_ca.ts";
import { endedSeconds, ownSeconds } from "./processor_time.ts";

/** One thing that was timed: the fastest of the rounds counts, since other work on the machine only slows. */
export interface Timed {
  readonly name: string;
  readonly seconds: number;
  /** Processor seconds, the least of the rounds. */
  readonly cpu: number;
  /** To what openssl needs for the same, by the clock and by processor time. */
  readonly ratio: number;
  readonly cpuRatio: number;
}

const MIB = 1_048_576;

/** Times reading an image anew at serve start, and taking one in with its vendor's signature, against openssl dgst. */
export async function benchVerify(bytes: number, rounds: number): Promise<readonly Timed[]> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/image`;
    await fill(file, bytes);
    const root = new TestCa("Bench root");
    const signer = root.issue({ keyKind: "rsa2048" });
    const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    await Deno.writeTextFile(`${folder}/key.pem`, signer.keyPem, { mode: 0o600 });
    await runOk(["openssl", "pkey", "-in", `${folder}/key.pem`, "-pubout", "-out", `${folder}/pub.pem`]);
    await runOk(["openssl", "dgst", "-sha256", "-sign", `${folder}/key.pem`, ...pss, "-out", `${folder}/sig`, file]);
    const signature = await Deno.readFile(`${folder}/sig`);
    const options = { folder: `${folder}/store`, quotaBytes: bytes * 3, random: systemRandom };
    const store = await ImageStore.open(options);
    const { sha256 } = await store.receive(fileParts(file), { maxBytes: bytes });
    const trust = vendorProfile({ roots: root.pem, algorithms: ["RSA-PSS-SHA256"], maxBytes: bytes });
    const claim = {
      ...{ vendor: "bender", version: "1", certificate: signer.certPem },
      signature: btoa(String.fromCharCode(...signature)),
    };
    const seconds = await fastest(rounds, {
      "openssl dgst": () => runOk(["openssl", "dgst", "-sha256", file]),
      "openssl verify": () =>
        runOk([
          "openssl",
          "dgst",
          "-sha256",
          "-verify",
          `${folder}/pub.pem`,
          ...pss,
          "-signature",
          `${folder}/sig`,
          file,
        ]),
      "serve start": () => store.check("quarantine", sha256),
      "signature alone": async () => {
        const examination = new ImageExamination(claim, trust, Date.now());
        for await (const part of fileParts(file)) examination.update(part);
        const { signature: found } = examination.proofs({ sha256, bytes });
        if (found.found !== "good") throw new Error(found.detail);
      },
    });
    const timed = (name: string, against: string): Timed => ({
      name,
      ...seconds[name]!,
      ratio: seconds[name]!.seconds / seconds[against]!.seconds,
      cpuRatio: seconds[name]!.cpu / seconds[against]!.cpu,
    });
    return [
      timed("openssl dgst", "openssl dgst"),
      timed("serve start", "openssl dgst"),
      timed("openssl verify", "openssl verify"),
      timed("signature alone", "openssl verify"),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function fill(path: string, bytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const part = new Uint8Array(MIB);
  for (let at = 0; at < part.length; at += 65_536) crypto.getRandomValues(part.subarray(at, at + 65_536));
  for (let at = 0; at < bytes; at += part.length) await file.write(part.subarray(0, Math.min(MIB, bytes - at)));
  await file.sync();
}

/** Runs all of them in turn, several times, so that a busy moment of the machine meets all alike. */
async function fastest(rounds: number, runs: Readonly<Record<string, () => Promise<unknown>>>) {
  const best: Record<string, { seconds: number; cpu: number }> = {}, spent = () => ownSeconds() + endedSeconds();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const from = performance.now(), before = spent();
      await run();
      const { seconds = Infinity, cpu = Infinity } = best[name] ?? {};
      best[name] = {
        seconds: Math.min(seconds, (performance.now() - from) / 1_000),
        cpu: Math.min(cpu, spent() - before),
      };
    }
  }
  return best;
}
