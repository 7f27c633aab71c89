import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { FirmwareRig, vendorProfile } from "../../tests/support/firmware_rig.ts";
import { FIRMWARE_LIMITS } from "../firmware/limits.ts";
import { FIRMWARE_PUBLISH } from "./firmware_publish.ts";

const IMAGE = new TextEncoder().encode("firmware ".repeat(1_000));
const PATH = "bender/CC613/a.deb";

interface Desk {
  readonly at: (name: string) => string;
  run(command: string, args?: Record<string, string>, now?: number): Promise<string>;
  keys(...names: string[]): Promise<void>;
}

/** A publisher's machine: a folder, and commands whose file names are inside it. */
async function withDesk(use: (desk: Desk) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const at = (name: string) => `${folder}/${name}`;
  const files = ["file", "folder", "before", "root", "key", "publisher", "passphrase", "sbom", "notes", "signature"];
  const desk: Desk = {
    at,
    async run(command, args = {}, now = Date.now()) {
      const named = Object.entries(args).map((
        [name, value],
      ) => [name, files.includes(name) ? at(value) : name === "keys" ? value.split(",").map(at).join(",") : value]);
      return (await FIRMWARE_PUBLISH[command]!(Object.fromEntries(named), now)).text;
    },
    async keys(...names) {
      for (const file of names) await desk.run("firmware root key", { file });
    },
  };
  try {
    await Deno.writeFile(at("a.deb"), IMAGE);
    await use(desk);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A root of two of three keys, signed, and a repository with one image, published. */
async function published({ run, keys }: Desk): Promise<void> {
  await keys("anna", "ben", "carl", "publisher", "bender");
  await run("firmware root new", {
    file: "1.root.json",
    keys: "anna.pub,ben.pub,carl.pub",
    publisher: "publisher.pub",
  });
  await run("firmware root sign", { file: "1.root.json", key: "anna" });
  await run("firmware root sign", { file: "1.root.json", key: "carl" });
  await run("firmware repository new", { folder: "repo", root: "1.root.json" });
  await run("firmware repository vendor", { folder: "repo", vendor: "bender", key: "bender.pub" });
  const image = { vendor: "bender", model: "CC613", version: "5.33.2", counter: "7" };
  await run("firmware repository add", { folder: "repo", file: "a.deb", ...image });
  await run("firmware repository publish", { folder: "repo", keys: "publisher,bender" });
}

const offersOf = async (rig: FirmwareRig, file: string) => {
  const bundle = await rig.upload(await Deno.readFile(file));
  return (await rig.call("firmware.offers", { source: { bundle } })).offers;
};

Deno.test("firmware root: two of three keys sign, a repository is published, a gateway believes the bundle", () =>
  withDesk(async (desk) => {
    await published(desk);
    match(
      await desk.run("firmware root show", { file: "1.root.json" }),
      /2 of 3 of its keys have signed it, 2 are needed$/m,
    );
    match(await desk.run("firmware repository bundle", { folder: "repo", file: "1.fwb" }), /Wrote .*1.fwb, \d+ bytes/);
    await using rig = await FirmwareRig.up({ root: await Deno.readTextFile(desk.at("1.root.json")) });
    const [offer, ...more] = await offersOf(rig, desk.at("1.fwb"));
    deepEqual([offer!.target, offer!.verdict.outcome, offer!.claim.models, more], [PATH, "verified", ["CC613"], []]);
  }));

Deno.test("firmware root: rotation is signed by the keys of both roots, and gateways follow it", () =>
  withDesk(async (desk) => {
    const { run, keys, at } = desk;
    await published(desk);
    await keys("dora");
    const next = {
      before: "1.root.json",
      file: "2.root.json",
      keys: "ben.pub,carl.pub,dora.pub",
      publisher: "publisher.pub",
    };
    await run("firmware root rotate", next);
    await run("firmware root sign", { file: "2.root.json", key: "dora" });
    await run("firmware root sign", { file: "2.root.json", key: "carl" });
    match(await run("firmware root show", { file: "2.root.json", before: "1.root.json" }), /does NOT vouch/);
    await rejects(
      run("firmware repository root", { folder: "repo", root: "2.root.json" }),
      /not signed by enough keys of both/,
    );
    await rejects(run("firmware root sign", { file: "2.root.json", key: "anna" }), /has no say in this root/);
    await run("firmware root sign", { file: "2.root.json", key: "anna", before: "1.root.json" });
    match(
      await run("firmware root show", { file: "2.root.json", before: "1.root.json" }),
      /The root before it vouches for it/,
    );
    await run("firmware repository root", { folder: "repo", root: "2.root.json" });
    await run("firmware repository publish", { folder: "repo", keys: "publisher,bender" });
    await run("firmware repository bundle", { folder: "repo", file: "2.fwb" });
    await using rig = await FirmwareRig.up({ root: await Deno.readTextFile(at("1.root.json")) });
    const [offer] = await offersOf(rig, at("2.fwb"));
    match(offer!.verdict.steps.find(({ id }) => id === "tuf")!.detail, /root version 2/);
  }));

Deno.test("firmware root: the preset single-key, for small operators", () =>
  withDesk(async ({ run, keys, at }) => {
    await keys("one");
    await run("firmware root new", { file: "1.root.json", keys: "one.pub", preset: "single-key" });
    await run("firmware root sign", { file: "1.root.json", key: "one" });
    await run("firmware repository new", { folder: "repo", root: "1.root.json" });
    await run("firmware repository vendor", { folder: "repo", vendor: "bender", key: "one.pub" });
    await Deno.writeTextFile(at("a.spdx.json"), "{}");
    await Deno.writeTextFile(at("a.txt"), "Fixes.");
    await run("firmware repository add", {
      ...{ folder: "repo", file: "a.deb", vendor: "bender", version: "5.33.2" },
      ...{ sbom: "a.spdx.json", notes: "a.txt" },
    });
    await run("firmware repository publish", { folder: "repo", keys: "one" });
    await run("firmware repository bundle", { folder: "repo", file: "1.fwb" });
    const root = await Deno.readTextFile(at("1.root.json"));
    await using rig = await FirmwareRig.up({
      root,
      preset: "single-key",
      vendors: [vendorProfile({ evidence: [["tuf"]] })],
    });
    const [offer] = await offersOf(rig, at("1.fwb"));
    deepEqual([offer!.target, offer!.claim.models, offer!.claim.sbom, offer!.claim.notes], [
      "bender/any/a.deb",
      [],
      "{}",
      "Fixes.",
    ]);
  }));

Deno.test("firmware root: a sealed key opens with its passphrase alone", () =>
  withDesk(async ({ run, keys, at }) => {
    await Deno.writeTextFile(at("pass"), "correct horse battery\n");
    await Deno.writeTextFile(at("wrong"), "correct horse batterz\n");
    await Deno.writeTextFile(at("short"), "12345678901\n");
    await run("firmware root key", { file: "anna", passphrase: "pass" });
    match(await Deno.readTextFile(at("anna")), /ENCRYPTED PRIVATE KEY/);
    equal((await Deno.stat(at("anna"))).mode! & 0o777, 0o600);
    await keys("ben", "carl", "publisher");
    await run("firmware root new", { file: "r", keys: "anna.pub,ben.pub,carl.pub", publisher: "publisher.pub" });
    await rejects(run("firmware root sign", { file: "r", key: "anna" }), /cannot be opened/);
    await rejects(run("firmware root sign", { file: "r", key: "anna", passphrase: "wrong" }), /cannot be opened/);
    await rejects(run("firmware root key", { file: "x", passphrase: "short" }), /11 characters: wanted 12/);
    match(await run("firmware root sign", { file: "r", key: "anna", passphrase: "pass" }), /1 of 3 .* NOT ENOUGH/);
    await rejects(run("firmware root key", { file: "anna" }), { code: "CLI_EXISTS" });
    await rejects(run("firmware root sign", { file: "r", key: "anna.pub" }), { code: "FIRMWARE_ROOT_INVALID" });
  }));

Deno.test("firmware root: plans that cannot hold are refused", () =>
  withDesk(async ({ run, keys, at }) => {
    await keys("anna", "ben", "carl", "publisher");
    const plan = { file: "r", keys: "anna.pub,ben.pub,carl.pub", publisher: "publisher.pub" };
    const refuse = (change: Record<string, string>, wanted: RegExp) =>
      rejects(run("firmware root new", { ...plan, ...change }), wanted);
    await refuse(
      { keys: "anna.pub,ben.pub" },
      /2 of 2 keys is lost or stolen with one of them: wanted at least 2 of 3/,
    );
    await refuse({ threshold: "1" }, /1 of 3 keys is lost or stolen/);
    await refuse({ threshold: "4" }, /4 of 3 keys cannot sign/);
    await refuse({ keys: "anna.pub,anna.pub,ben.pub" }, /same key is named twice/);
    await refuse({ publisher: "anna.pub" }, /must not be one of the root's keys/);
    await refuse({ publisher: "", preset: "x" }, /wanted two-of-three or single-key/);
    await refuse({ keys: "anna" }, /is no public key/);
    await refuse({ keys: "missing.pub" }, /Cannot read/);
    await refuse({ days: "0" }, /--days is "0"/);
    await keys(...Array.from({ length: FIRMWARE_LIMITS.rootKeys - 2 }, (_, at) => `k${at}`));
    const many = (count: number) =>
      ["anna", "ben", ...Array.from({ length: count - 2 }, (_, at) => `k${at}`)].map((k) => `${k}.pub`).join();
    await refuse({ keys: many(FIRMWARE_LIMITS.rootKeys) + ",carl.pub" }, /at most 16 keys, got 17/);
    await run("firmware root new", { ...plan, keys: many(FIRMWARE_LIMITS.rootKeys) });
    await Deno.writeTextFile(at("none"), "{}");
    await rejects(run("firmware root show", { file: "none" }), { code: "FIRMWARE_ROOT_INVALID" });
  }));

Deno.test("firmware repository: what cannot be published is refused, and changes nothing", () =>
  withDesk(async (desk) => {
    const { run, keys, at } = desk;
    await published(desk);
    const repo = { folder: "repo" };
    await keys("other");
    await rejects(
      run("firmware repository publish", { ...repo, keys: "bender" }),
      /No key that was named signs for targets/,
    );
    await rejects(
      run("firmware repository publish", { ...repo, keys: "publisher,other" }),
      /signs for the vendor bender/,
    );
    await rejects(
      run("firmware repository add", { ...repo, file: "a.deb", vendor: "acme", version: "1" }),
      /has no vendor "acme"/,
    );
    await rejects(run("firmware repository vendor", { ...repo, vendor: "../x", key: "other.pub" }), /is no vendor/);
    await rejects(run("firmware repository new", { ...repo, root: "1.root.json" }), /is a repository already/);
    await Deno.writeFile(at("a b.deb"), IMAGE);
    await rejects(
      run("firmware repository add", { ...repo, file: "a b.deb", vendor: "bender", version: "1" }),
      /Rename|letters, digits/,
    );
    await rejects(run("firmware repository bundle", { folder: "none", file: "x" }), /is no firmware repository/);
    const unsigned = { file: "u", keys: "anna.pub,ben.pub,carl.pub", publisher: "publisher.pub" };
    await run("firmware root new", unsigned);
    await rejects(run("firmware repository new", { folder: "other", root: "u" }), /not signed by as many keys/);
    await run("firmware repository publish", { ...repo, keys: "publisher,bender", days: "10" });
  }));
