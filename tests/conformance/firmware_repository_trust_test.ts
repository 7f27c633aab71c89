import { deepEqual, equal, rejects } from "node:assert/strict";
import { FileServer } from "../support/file_server.ts";
import { FirmwareRig, tarOf } from "../support/firmware_rig.ts";
import {
  asBundle,
  goodRepository,
  IMAGE,
  overHttps,
  PATH,
  requireNothing,
  SHA256,
  type Source,
} from "../support/repository_sources.ts";
import { tufKey, TufRepository } from "../support/tuf_repository.ts";

// What a repository is trusted for, and what is remembered of it.

Deno.test("slow retrieval and redirects: a repository that leads elsewhere is not followed", async () => {
  await overHttps(goodRepository(), async ({ take, server, rig }) => {
    server!.misbehave = (_path, response) => {
      response.writeHead(302, { location: "https://evil.example/" }).end();
      return true;
    };
    await rejects(take() as Promise<unknown>, /not fetched from the host "evil.example"/);
    deepEqual(await rig.files("incoming"), []);
  });
});

Deno.test("eavesdrop: a repository whose certificate is not of the CA that the site names gets no word", async () => {
  const repository = goodRepository();
  await using server = await FileServer.up(repository.files);
  await using other = await FileServer.up(repository.files);
  const sources = [{ id: "hq", url: server.url, ca: other.ca.pem, address: "on-site" as const }];
  await using rig = await FirmwareRig.up({ root: repository.pinned, sources });
  await rejects(rig.call("firmware.offers", { source: { tuf: "hq" } }), { code: "FIRMWARE_FETCH_FAILED" });
  deepEqual(server.asked, []);
});

Deno.test("firmware: an old bundle cannot follow a newer repository: both share what was seen", async () => {
  const repository = goodRepository();
  const old = await tarOf(repository.files);
  repository.bump();
  repository.publish();
  await overHttps(repository, async ({ rig, take }) => {
    await take();
    const source = { bundle: await rig.upload(old) };
    await rejects(rig.call("firmware.offers", { source }), /rollback/);
  });
});

Deno.test("firmware: looking at a bundle remembers nothing, taking from it does", async () => {
  const repository = goodRepository();
  const old = await tarOf(repository.files);
  repository.bump();
  repository.publish();
  await asBundle(repository, async ({ rig }) => {
    const fresh = { bundle: await rig.upload(await tarOf(repository.files)) };
    const { offers } = await rig.call("firmware.offers", { source: fresh });
    deepEqual(offers.map(({ target, sha256, verdict }) => [target, sha256, verdict.outcome]), [[
      PATH,
      SHA256,
      "verified",
    ]]);
    await requireNothing({ rig } as Source);
    equal((await rig.call("firmware.offers", { source: { bundle: await rig.upload(old) } })).offers.length, 1);
  });
});

Deno.test("firmware: SBOM, notes and the vendor's signature come with an image; a changed SBOM ends it", async () => {
  const repository = goodRepository();
  const [sbom, notes] = ['{"spdxVersion":"SPDX-2.3"}', "Fixes 1 to 3."].map((text) => new TextEncoder().encode(text));
  repository.image("bender", "bender/CC613/a.spdx.json", sbom!, {});
  repository.image("bender", "bender/CC613/a.txt", notes!, {});
  const custom = { version: "5.33.2", models: ["CC612", "CC613"], releaseCounter: 7, sbom: "bender/CC613/a.spdx.json" };
  repository.image("bender", PATH, IMAGE, { ...custom, notes: "bender/CC613/a.txt" });
  await asBundle(repository.publish(), async ({ take }) => {
    const { claim, releaseCounter } = await take() as { claim: Record<string, unknown>; releaseCounter: number };
    deepEqual([claim["sbom"], claim["notes"], claim["models"], releaseCounter], [
      '{"spdxVersion":"SPDX-2.3"}',
      "Fixes 1 to 3.",
      ["CC612", "CC613"],
      7,
    ]);
    repository.files.set(
      `targets/${repository.pathOf("bender/CC613/a.txt", notes!)}`,
      new TextEncoder().encode("Fixes 1 to 4."),
    );
    await rejects(take() as Promise<unknown>, /a.txt" is not what is signed/);
  });
});

Deno.test("firmware: a root of one key is taken with the preset single-key alone", async () => {
  const repository = new TufRepository();
  Object.assign(repository.root, { keys: [tufKey()], threshold: 1 });
  repository.vendor("bender");
  repository.image("bender", PATH, IMAGE);
  repository.publish();
  for (const [preset, wanted] of [["single-key", 1], ["two-of-three", 0]] as const) {
    await using rig = await FirmwareRig.up({ root: repository.pinned, preset });
    const looked = rig.call("firmware.offers", { source: { bundle: await rig.upload(await tarOf(repository.files)) } });
    if (wanted === 1) equal((await looked).offers.length, 1);
    else await rejects(looked, /wanted at least 2 of 3, or firmware.preset: single-key/);
  }
});

Deno.test("firmware: a new pinned root begins anew", async () => {
  const first = goodRepository(), second = goodRepository();
  await using rig = await FirmwareRig.up({ root: first.pinned });
  const take = async (repository: TufRepository) =>
    await rig.call("firmware.take", {
      source: { kind: "bundle", upload: await rig.upload(await tarOf(repository.files)), target: PATH },
      keep: true,
    });
  await take(first);
  await rejects(take(second), { code: "FIRMWARE_UNTRUSTED" });
  await rig.restart({ root: second.pinned });
  equal((await take(second)).verdict.outcome, "verified");
});

Deno.test("firmware: what a crash left of a look is removed, what was seen stays; half a state is no state", async () => {
  const repository = goodRepository();
  await asBundle(repository, async ({ rig, take }) => {
    await take();
    const old = `${rig.folder}/tuf/work-old`, young = `${rig.folder}/tuf/work-young`;
    for (const folder of [old, young]) await Deno.mkdir(folder);
    await Deno.utime(old, 0, 0);
    await take();
    deepEqual([...Deno.readDirSync(`${rig.folder}/tuf`)].map(({ name }) => name).sort(), ["state.json", "work-young"]);
  });
});
