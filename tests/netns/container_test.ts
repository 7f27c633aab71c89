import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { parse } from "yaml";
import { runCommand, runOk } from "../support/run_command.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DOCKERFILE = Deno.readTextFileSync(`${ROOT}Dockerfile`);

/** The instructions of one build stage, continued lines joined: [["COPY", "hal hal"], ...]. */
function stage(name: string): [string, string][] {
  const text = DOCKERFILE.replaceAll(/\\\n\s*/g, "").replaceAll(/^#.*\n/gm, "");
  const body = text.split(/^FROM /m).find((part) => part.split("\n")[0]!.endsWith(` AS ${name}`));
  if (!body) throw new Error(`Dockerfile has no stage ${name}`);
  return body.split("\n").slice(1).filter(Boolean).map((line) => {
    const [, word = "", rest = ""] = /^\s*([A-Z]+) (.*)$/.exec(line) ?? [];
    return [word, rest];
  });
}

function command(name: string, instruction: "ENTRYPOINT" | "CMD"): string[] {
  return JSON.parse(stage(name).find(([word]) => word === instruction)![1]);
}

/** What the build stage makes, made by the same COPY and RUN lines in a clean folder: no Docker engine is needed. */
async function buildImage(folder: string): Promise<void> {
  for (const [word, rest] of stage("build")) {
    if (word === "COPY") {
      const parts = rest.split(" ");
      for (const source of parts.slice(0, -1)) {
        await runOk(["mkdir", "-p", `${folder}/${source.slice(0, Math.max(0, source.lastIndexOf("/")))}`]);
        await runOk(["cp", "-r", ROOT + source, `${folder}/${source}`]);
      }
    }
    if (word === "RUN" && rest.startsWith("sh deploy/container/fetch_packages.sh")) {
      const env = { DENO_DIR: `${folder}/.deno`, PATH: `${folder}/bin:${Deno.env.get("PATH")}` };
      await runOk(["sh", "-c", rest], { cwd: folder, env, seconds: 240 });
    }
  }
}

/** Runs an image's command as nobody, without any network, on read-only files. */
function runImage(folder: string, args: readonly string[]) {
  const [, ...rest] = args;
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
  const env = ["env", "-i", `DENO_DIR=${folder}/.deno`, "NO_COLOR=1", "DENO_NO_UPDATE_CHECK=1", "HOME=/nonexistent"];
  return runCommand(["unshare", "-n", ...nobody, ...env, `${folder}/bin/deno`, ...rest], { cwd: folder });
}

Deno.test("container: the image runs as nobody, without network, on read-only files", async () => {
  // Neither TMPDIR nor the deno that runs this test need be open to nobody: both may lie below a home of root's own.
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  try {
    await buildImage(folder);
    await Deno.mkdir(`${folder}/bin`, { recursive: true });
    await Deno.copyFile(Deno.execPath(), `${folder}/bin/deno`);
    await runOk(["chmod", "-R", "a-w,a+rX", folder]);
    const hald = await runImage(folder, [...command("hald", "ENTRYPOINT"), "--socket"]);
    assert.deepEqual([hald.code, hald.stderr], [1, ""]);
    assert.equal(JSON.parse(hald.stdout).why, "hald takes --socket PATH and --config FILE, nothing else");
    const everyModule = await runOk(["sh", "-c", "find gateway hal policies profiles main.ts -name '*.ts*' | sort"], {
      cwd: folder,
    });
    const modules = everyModule.trim().split("\n").filter((path) => !path.includes("/testing/"));
    assert.ok(!everyModule.includes("_test.ts") && modules.length > 20, "tests stay out of the image");
    const cached = await runImage(folder, ["deno", "cache", "--frozen", ...modules]);
    assert.equal(cached.code, 0, cached.stderr);
    const version = await runImage(folder, [...command("gateway", "ENTRYPOINT"), "version"]);
    assert.deepEqual([version.code, version.stderr], [0, ""]);
    assert.match(version.stdout, new RegExp(`^bulkhead ${manifest.version} on Deno 2\\.9\\.6`));
  } finally {
    await runOk(["chmod", "-R", "u+w", folder]);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("container: all that the build copies is let in by .dockerignore", () => {
  const allowed = Deno.readTextFileSync(`${ROOT}.dockerignore`).split("\n").filter((line) => line.startsWith("!"));
  const copied = stage("build").filter(([word]) => word === "COPY").flatMap(([, rest]) => rest.split(" ").slice(0, -1));
  assert.deepEqual(copied.filter((path) => !allowed.includes(`!${path}`)), []);
});

Deno.test("container: nothing runs as root, and the gateway may neither run programs nor load libraries", () => {
  for (const name of ["gateway", "hald"]) {
    const user = stage(name).findLast(([word]) => word === "USER")?.[1] ?? "";
    assert.match(user, /^1000[12]:10001$/);
    for (const flag of ["--no-prompt", "--cached-only", "--frozen", "--no-remote"]) {
      assert.ok(command(name, "ENTRYPOINT").includes(flag), `${name} ${flag}`);
    }
  }
  const gateway = command("gateway", "ENTRYPOINT");
  assert.ok(gateway.includes("--deny-run") && gateway.includes("--deny-ffi") && !gateway.includes("--allow-all"));
  assert.ok(stage("gateway").some(([word, rest]) => word === "HEALTHCHECK" && rest.includes('"status"')));
});

Deno.test("container: the Deno of the image is the pinned one, by its bytes", async () => {
  const folder = await Deno.makeTempDir();
  await runOk(["sh", `${ROOT}deploy/container/fetch_deno.sh`, folder], { seconds: 240 });
  assert.match(await runOk([`${folder}/deno`, "--version"]), /^deno 2\.9\.6 /);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("container: other bytes than the pinned ones are refused", async () => {
  const folder = await Deno.makeTempDir();
  await runOk(["cp", "-r", `${ROOT}deploy/container`, `${folder}/container`]);
  await runOk([
    "sed",
    "-i",
    "s/^[0-9a-f]\\{64\\}/".concat("0".repeat(64), "/"),
    `${folder}/container/deno-2.9.6.sha256`,
  ]);
  const outcome = await runCommand(["sh", `${folder}/container/fetch_deno.sh`, `${folder}/bin`], { seconds: 240 });
  assert.notEqual(outcome.code, 0);
  assert.match(outcome.stderr, /has SHA-256 [0-9a-f]{64}, wanted 0{64}/);
  await assert.rejects(Deno.stat(`${folder}/bin`), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("container: compose gives no service more than the unit files give", () => {
  const { services } = parse(Deno.readTextFileSync(`${ROOT}deploy/compose.yaml`));
  for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ["ALL"], name);
    assert.deepEqual(service.security_opt, ["no-new-privileges:true"], name);
    assert.equal(service.privileged, undefined, name);
    assert.ok(String(service.image).endsWith(`:${manifest.version}`), `${name}: image of another version`);
  }
  assert.deepEqual(services.gateway.cap_add, ["NET_BIND_SERVICE"]);
  assert.equal(services.hald.cap_add, undefined);
});
