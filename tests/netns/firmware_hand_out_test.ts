import { deepEqual, equal, match } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { SealingWriter } from "../../gateway/core/sealed_file.ts";
import { FirmwareRig } from "../support/firmware_rig.ts";
import { runCommand, runOk } from "../support/run_command.ts";

// An independent program opens what people are given: 7-Zip of Debian.

Deno.test("BC-11: the ZIP of a station's log is opened by 7-Zip with its password, as AES-256, and not without", async () => {
  const folder = await Deno.makeTempDir(), key = randomBytes(32), password = "k7m2p-9xq4r-h3t8w-z6c5d";
  await using rig = await FirmwareRig.up({ sealed: folder, handOuts: `${folder}/out` });
  const log = new TextEncoder().encode("2026-11-21 RFID 04:A2:2B:11 authorised\n".repeat(20_000));
  {
    using sealed = await Deno.open(`${folder}/ab12`, { write: true, create: true });
    const writer = new SealingWriter(key, (bytes) => void sealed.writeSync(bytes));
    writer.update(log);
    writer.finish();
  }
  const order = { file: "ab12", key: key.toString("base64"), fileName: "diag.log", handOut: "cd34", password };
  const { bytes } = await rig.call("firmware.hand-out", order);
  const zip = `${folder}/out/cd34`;
  equal(bytes, (await Deno.stat(zip)).size);
  const listed = await runOk(["7zz", "l", "-slt", zip], { cwd: folder });
  match(listed, /Path = diag\.log/);
  match(listed, /Encrypted = \+/);
  match(listed, /Method = AES-256/);
  await runOk(["7zz", "x", `-p${password}`, "-oplain", zip], { cwd: folder });
  deepEqual(await Deno.readFile(`${folder}/plain/diag.log`), log);
  for (const wrong of ["-pwrong", "-p"]) {
    const { code } = await runCommand(["7zz", "t", wrong, zip], { cwd: folder });
    equal(code === 0, false, "opened without its password");
  }
  await Deno.remove(folder, { recursive: true });
});
