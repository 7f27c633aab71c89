import assert from "node:assert/strict";
import type { Box, WorkerSpec } from "../core/conduit.ts";
import { flagsLine, unionFlags } from "./flags.ts";

const BOX: Box = { configFile: "/etc/gw/site.yaml", configDir: "/etc/gw", dataDir: "/var/lib/gw" };
const spec = (permissions: WorkerSpec["permissions"]): WorkerSpec => ({
  name: "w",
  module: new URL("file:///gw/w.ts"),
  permissions,
  config: null,
  after: [],
});
const valueOf = (flags: string[], name: string) =>
  flags.find((flag) => flag.startsWith(`--allow-${name}=`))?.split("=")[1];

Deno.test("flags: nothing is asked for that no Worker needs", () => {
  const flags = unionFlags([], BOX);
  assert.ok(!flags.some((flag) => /--allow-(net|run|ffi|all|hrtime|import)/.test(flag)));
  for (const flag of ["--no-prompt", "--cached-only", "--frozen", "--deny-run", "--deny-ffi"]) {
    assert.ok(flags.includes(flag));
  }
});

Deno.test("flags: the network is unscoped, because a CIDR cannot be handed on", () => {
  assert.ok(unionFlags([spec({ net: ["10.20.0.0/24:502"] })], BOX).includes("--allow-net"));
});

Deno.test("flags: lists are the sorted union, without paths below another one", () => {
  const flags = unionFlags([
    spec({
      read: ["/var/lib/gw/kv", "/srv/b"],
      write: ["/run/gw.sock"],
      env: ["WS_NO_BUFFER_UTIL"],
      sys: ["hostname"],
    }),
    spec({ read: ["/srv/b", "/srv/bc"], sys: ["hostname"] }),
  ], BOX);
  const read = valueOf(flags, "read")!.split(",");
  assert.deepEqual(read.filter((path) => path.startsWith("/srv") || path.startsWith("/var")), [
    "/srv/b",
    "/srv/bc",
    "/var/lib/gw",
  ]);
  assert.equal(valueOf(flags, "write"), "/run/gw.sock,/run/systemd/notify,/var/lib/gw");
  assert.ok(valueOf(flags, "env")!.split(",").includes("WS_NO_BUFFER_UTIL"));
  assert.equal(valueOf(flags, "sys"), "hostname,networkInterfaces");
});

Deno.test("flags: the folders of files outside the configuration's folder are readable", () => {
  const read = valueOf(unionFlags([], BOX, ["/etc/ssl/gw/ca.pem", "/etc/gw/secrets/a"]), "read")!.split(",");
  assert.ok(read.includes("/etc/ssl/gw"));
  assert.ok(!read.includes("/etc/gw/secrets"));
});

Deno.test("flags: systemd's readiness socket may be read and written, for Type=notify", () => {
  const flags = unionFlags([], BOX);
  for (const list of ["read", "write"]) assert.ok(valueOf(flags, list)!.split(",").includes("/run/systemd/notify"));
});

Deno.test("flags: a line for the shell quotes only what needs it", () => {
  assert.equal(flagsLine(["--allow-net", "--allow-read=/a,/b"]), "--allow-net --allow-read=/a,/b");
  assert.equal(flagsLine(["--allow-read=/a b,/c'd"]), `'--allow-read=/a b,/c'\\''d'`);
});

Deno.test("flags: a path with a comma is refused instead of being split into two", () => {
  assert.throws(() => unionFlags([spec({ read: ["/srv/a,/etc"] })], BOX), /must have no comma/);
});

const WORKER = `/// <reference lib="deno.worker" />
const state = async (d) => (await Deno.permissions.query(d)).state;
self.postMessage([
  await state({ name: "net", host: "10.20.0.9:502" }), await state({ name: "net", host: "10.20.1.9:502" }),
  await state({ name: "read", path: "FOLDER/data/x" }), await state({ name: "read", path: "/etc/passwd" }),
  await state({ name: "run" }), await state({ name: "ffi" }),
].join());`;
const MAIN = `const permissions = PERMISSIONS;
const options = { type: "module", deno: { permissions: { ...permissions, run: false, ffi: false, import: false } } };
const worker = new Worker(new URL("./worker.js", import.meta.url), options);
worker.onerror = (event) => { console.log("fault", event.message); worker.terminate(); };
worker.onmessage = (event) => { console.log(event.data); worker.terminate(); };`;

Deno.test("flags: a process with these flags can start its Workers, and they get no more than their lists", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gw flags " }));
  try {
    await Deno.mkdir(`${folder}/data`);
    const permissions = {
      net: ["10.20.0.0/24:502", "127.0.0.1:8444", `unix:${folder}/data/s.sock`],
      read: [`${folder}/data`],
      write: [`${folder}/data`],
      env: ["WS_NO_BUFFER_UTIL"],
    };
    await Deno.writeTextFile(`${folder}/worker.js`, WORKER.replaceAll("FOLDER", folder));
    await Deno.writeTextFile(`${folder}/main.js`, MAIN.replace("PERMISSIONS", JSON.stringify(permissions)));
    const box = { configFile: `${folder}/site.yaml`, configDir: folder, dataDir: `${folder}/data` };
    const flags = unionFlags([spec(permissions)], box).filter((flag) => flag !== "--frozen"); // no lock file there
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "--no-config", "--unstable-worker-options", ...flags, `${folder}/main.js`],
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    assert.equal(text, "granted,prompt,granted,prompt,denied,denied", new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
