import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { CommandArgs } from "../control/contract.ts";
import { Paper } from "../papers/paper.ts";
import { PaperRig } from "../papers/testing/paper_rig.ts";
import { paperToFile, verifyPaper } from "./paper_files.ts";

const answering = (data: object, text = "") => {
  const asked: [string, CommandArgs][] = [];
  const run = (command: string, args: CommandArgs) => {
    asked.push([command, args]);
    return Promise.resolve({ text, data: data as never });
  };
  return { asked, run };
};

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("paper to a file: bytes, text, or what was printed, and --file never reaches the gateway", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/out`;
    for (
      const [data, printed, wanted] of [
        [{ name: "a.pdf", base64: btoa("%PDF") }, "", "%PDF"],
        [{ name: "a.html", text: "<html>" }, "", "<html>"],
        [{ report: "x" }, '{"report":"x"}', '{"report":"x"}'],
      ] as const
    ) {
      const { asked, run } = answering(data, printed);
      const { text } = await paperToFile("posture report", { format: "pdf", file }, run);
      equal(await Deno.readTextFile(file), wanted);
      match(text, /out: \d+ bytes/);
      deepEqual(asked, [["posture report", { format: "pdf" }]]);
      equal((await Deno.stat(file)).mode! & 0o077, 0, "nobody else reads it");
    }
  });
});

Deno.test("paper to a file: without --file it is answered as it is; a folder that is not there is named", async () => {
  const { run } = answering({ name: "a.pdf", base64: "" }, "printed");
  equal((await paperToFile("commissioning pdf", { bay: "b" }, run)).text, "printed");
  await rejects(paperToFile("commissioning pdf", { file: "/no/such/folder/x" }, run), {
    code: "CFG_UNREADABLE",
    message: /Cannot write the file "\/no\/such/,
  });
});

Deno.test("verify a paper: by a CA from a file, or by that of the running gateway; an altered one fails", async () => {
  await using rig = await PaperRig.open();
  const paper = await Paper.open({ title: "t", site: "s", foot: "f", language: "en", now: rig.time.now() });
  const pdf = await paper.finish({ name: "r.json", text: "{}" }, await rig.signer().signer(), "a1b2c3d4e5f60718");
  await inFolder(async (folder) => {
    const file = `${folder}/bay.pdf`, ca = `${folder}/ca.pem`;
    await Deno.writeFile(file, pdf);
    await Deno.writeTextFile(ca, rig.ca.pem);
    const { asked, run } = answering({ pem: rig.ca.pem });
    match((await verifyPaper({ file, ca }, run)).text, /holds: signed by Bulkhead papers garage-12/);
    equal(asked.length, 0, "with --ca no gateway is asked");
    await verifyPaper({ file, config: "site.yaml", as: "eva" }, run);
    deepEqual(asked, [["cert export-ca", { config: "site.yaml", as: "eva" }]]);
    pdf[100]! ^= 1;
    await Deno.writeFile(file, pdf);
    await rejects(verifyPaper({ file, ca }, run), { code: "PAPER_SIGNATURE_INVALID" });
    await rejects(verifyPaper({ file: `${folder}/none.pdf`, ca }, run), { code: "CFG_UNREADABLE" });
    await rejects(verifyPaper({ file }, answering({}).run), { code: "CTL_FAILED", hint: /--ca/ });
  });
});
