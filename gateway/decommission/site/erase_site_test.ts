import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { runEraseGateway } from "../../cli/erase_gateway.ts";
import { runDecommissionVerify } from "../../cli/decommission_verify.ts";
import { readOwnCertificate } from "./certificate.ts";
import { goOnErasing } from "./erase_site.ts";
import { ERASURE_KEY_FILE, PROGRESS_FILE, refuseWhileErasing } from "./progress.ts";
import { beginIn, type BegunErasure, clock } from "./testing/begun_erasure.ts";

async function begun(test: (at: BegunErasure) => Promise<void>): Promise<void> {
  await using at = await beginIn(await Deno.makeTempDir());
  await test(at);
}

const namesOf = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
const ACTS = ["keys", "firmware", "link", "odd", "store", "outside", "certified", "key"];

Deno.test("erasing a gateway: root key first, store last; nothing is left, and the certificate says all of it", async () => {
  await begun(async ({ folder, dataDir, certificateFile, auditPem }) => {
    const acts: string[] = [];
    await goOnErasing({ dataDir, clock, onAct: (act) => void acts.push(act) });
    deepEqual(acts, ACTS);
    deepEqual(await namesOf(dataDir), []);
    deepEqual((await namesOf(folder)).sort(), ["data", "kept", "out"]);
    const key = `${folder}/audit-public.pem`;
    await Deno.writeTextFile(key, auditPem);
    const { data, text } = await runDecommissionVerify({ file: certificateFile, key });
    match(
      text,
      /^Genuine: certificate of erasure of a gateway, site garage, made 2026-11-21T20:00:00.000Z\nErased: 6 /,
    );
    match(
      text,
      /Not done: files, because site\.yaml names them.*\/kept\nNot done: link, because removed.*link -> .*kept/,
    );
    const { erased } = data as unknown as { erased: { name: string; files: number; bytes?: number }[] };
    deepEqual(erased.map(({ name, files }) => `${name} ${files}`), [
      ...["keys 1", "firmware 1", "link 1", "odd 1", "store 1", `${folder}/secret 1`],
    ]);
    equal(erased[0]!.bytes, "a secret in data/keys/root.key".length);
  });
});

for (const last of ACTS) {
  Deno.test(`erasing a gateway: cut off behind "${last}" it goes on, with the same certificate`, async () => {
    await begun(async ({ dataDir, certificateFile }) => {
      const cut = (act: string) => act === last ? Promise.reject(new Error("cut")) : undefined;
      await rejects(goOnErasing({ dataDir, clock, onAct: cut }), /cut/);
      await rejects(refuseWhileErasing(dataDir), { code: "DECOMMISSION_REFUSED" });
      const before = await Deno.readTextFile(certificateFile).catch(() => undefined);
      await goOnErasing({ dataDir, clock });
      deepEqual(await namesOf(dataDir), []);
      const after = await Deno.readTextFile(certificateFile);
      if (last === "key") equal(after, before, "its key is gone: it cannot have been signed again");
      const { erased } = await readOwnCertificate(after);
      equal((erased as readonly unknown[]).length, 6, "what was there is counted before, so nothing is forgotten");
      await refuseWhileErasing(dataDir);
    });
  });
}

Deno.test("erasing a gateway: no key without the certificate on the disk: one that is gone or changed is said", async () => {
  for (const spoil of [(file: string) => Deno.remove(file), (file: string) => Deno.writeTextFile(file, "{}")]) {
    await begun(async ({ dataDir, certificateFile }) => {
      const cut = (act: string) => act === "key" ? Promise.reject(new Error("cut")) : undefined;
      await rejects(goOnErasing({ dataDir, clock, onAct: cut }), /cut/);
      const whole = await Deno.readTextFile(certificateFile);
      await spoil(certificateFile);
      await rejects(goOnErasing({ dataDir, clock }), { code: "DECOMMISSION_CERTIFICATE_BROKEN" });
      await Deno.writeTextFile(certificateFile, whole);
      await goOnErasing({ dataDir, clock });
      deepEqual(await namesOf(dataDir), []);
    });
  }
});

Deno.test("erasing a gateway: a key that was zeroed and not yet removed counts as gone", async () => {
  await begun(async ({ dataDir, certificateFile }) => {
    await rejects(
      goOnErasing({
        dataDir,
        clock,
        onAct: (act) => act === "certified" ? Promise.reject(new Error("cut")) : undefined,
      }),
    );
    const before = await Deno.readTextFile(certificateFile);
    await Deno.writeFile(`${dataDir}/${ERASURE_KEY_FILE}`, new Uint8Array(48));
    await goOnErasing({ dataDir, clock });
    equal(await Deno.readTextFile(certificateFile), before);
  });
});

Deno.test("erasing a gateway: somebody who writes there meanwhile is no certificate", async () => {
  await begun(async ({ dataDir, certificateFile }) => {
    const onAct = (act: string) => act === "outside" ? Deno.writeTextFile(`${dataDir}/new`, "x") : undefined;
    await rejects(goOnErasing({ dataDir, clock, onAct }), /came back while they were erased: new/);
    await rejects(Deno.lstat(certificateFile), Deno.errors.NotFound);
  });
});

Deno.test("erasing a gateway: a file that cannot be erased is named, and the next call goes on", async () => {
  await begun(async ({ folder, dataDir }) => {
    await Deno.remove(`${folder}/secret`);
    await Deno.mkdir(`${folder}/secret`); // a folder is no file
    await rejects(goOnErasing({ dataDir, clock }), /Cannot erase ".*secret".*/);
    ok((await namesOf(dataDir)).includes(PROGRESS_FILE));
    await Deno.remove(`${folder}/secret`);
    await goOnErasing({ dataDir, clock });
  });
});

Deno.test("erasing a gateway: the command goes on without site.yaml, for the right site alone, and says what is wrong", async () => {
  await begun(async ({ folder, dataDir }) => {
    await rejects(runEraseGateway({ data: dataDir }), { code: "CLI_USAGE" });
    await rejects(runEraseGateway({ data: dataDir, site: "other" }), /"other" is not the site that is being erased/);
    ok((await namesOf(dataDir)).includes("keys"), "nothing went");
    await Deno.writeTextFile(
      `${folder}/site.yaml`,
      "site: { id: garage, dataDir: ./data }\nstations: its files are gone\n",
    );
    await runEraseGateway({ config: `${folder}/site.yaml`, site: "garage" });
    deepEqual(await namesOf(dataDir), []);
    await rejects(goOnErasing({ dataDir, clock }), { code: "DECOMMISSION_UNKNOWN" });
  });
});

Deno.test("erasing a gateway: what is no progress of one stops it, and the gateway too", async () => {
  for (
    const text of ["", "{", "null", "[]", '{"form":2}', '{"form":1,"places":[]}', '{"form":1,"certificateFile":"/x"}']
  ) {
    await begun(async ({ dataDir }) => {
      await Deno.writeTextFile(`${dataDir}/${PROGRESS_FILE}`, text);
      await rejects(goOnErasing({ dataDir, clock }), { code: "DECOMMISSION_PROGRESS_BROKEN" });
      await rejects(refuseWhileErasing(dataDir), { code: "DECOMMISSION_REFUSED" });
      ok((await namesOf(dataDir)).includes("keys"));
    });
  }
});
