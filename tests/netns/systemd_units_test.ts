import assert from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { connectHald } from "../../hal/client.ts";
import { TEST_RULESET } from "../../hal/testing/test_ruleset.ts";
import { runCommand, runOk } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url).pathname;
const UNITS = [
  "bulkhead.service",
  "bulkhead-hald.service",
  "bulkhead-firewall.service",
  "bulkhead-chrony.service",
  "bulkhead-chrony-report.service",
] as const;
/** Units that only start others. */
const STARTERS = ["bulkhead-chrony.path", "bulkhead-chrony-report.timer"] as const;

/** Exposure by `systemd-analyze security` times ten: 0 is none, 100 is a program run as it is. Lower is better. */
const EXPOSURE_AT_MOST: Record<typeof UNITS[number], number> = {
  "bulkhead.service": 16,
  "bulkhead-hald.service": 21,
  "bulkhead-firewall.service": 24,
  "bulkhead-chrony.service": 17,
  "bulkhead-chrony-report.service": 7,
};

/** Values of one key of a unit file, in order; continuation lines are not used in our units. */
function valuesOf(unit: string, key: string): string[] {
  const lines = Deno.readTextFileSync(`${DEPLOY}systemd/${unit}`).split("\n");
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

const wordsOf = (unit: string, key: string) => valuesOf(unit, key).flatMap((value) => value.split(" ")).filter(Boolean);

/** A root folder with our units, systemd's own, and programs that stand for the real ones. */
async function withRoot(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const units = `${root}/etc/systemd/system`;
    for (const folder of [units, `${root}/usr/lib/systemd`, `${root}/usr/bin`, `${root}/usr/sbin`, `${root}/bin`]) {
      await Deno.mkdir(folder, { recursive: true });
    }
    await runOk(["cp", "-r", "/usr/lib/systemd/system", `${root}/usr/lib/systemd/`]);
    for (const unit of [...UNITS, ...STARTERS]) await Deno.copyFile(`${DEPLOY}systemd/${unit}`, `${units}/${unit}`);
    for (
      const program of [
        "usr/bin/deno",
        "usr/sbin/nft",
        "bin/kill",
        "usr/bin/cp",
        "usr/bin/systemctl",
        "usr/bin/chronyc",
        "usr/sbin/chronyd",
      ]
    ) {
      await Deno.writeTextFile(`${root}/${program}`, "#!/bin/sh\n", { mode: 0o755 });
    }
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("systemd units: systemd finds nothing wrong", () =>
  withRoot(async (root) => {
    const { code, stderr } = await runCommand(["systemd-analyze", "verify", `--root=${root}`, ...UNITS, ...STARTERS]);
    assert.deepEqual([code, stderr], [0, ""]);
  }));

Deno.test("systemd units: systemd finds nothing wrong with what DHCP adds to hald", () =>
  withRoot(async (root) => {
    const folder = `${root}/etc/systemd/system/bulkhead-hald.service.d`;
    await Deno.mkdir(folder);
    await Deno.copyFile(`${DEPLOY}systemd/bulkhead-hald-dhcp.conf`, `${folder}/dhcp.conf`);
    const { code, stderr } = await runCommand(["systemd-analyze", "verify", `--root=${root}`, "bulkhead-hald.service"]);
    assert.deepEqual([code, stderr], [0, ""]);
  }));

Deno.test("systemd units: the check above would see a misspelt key", () =>
  withRoot(async (root) => {
    await Deno.writeTextFile(
      `${root}/etc/systemd/system/bulkhead.service`,
      "[Service]\nExecStart=/usr/bin/deno\nRestrat=1\n",
    );
    const { stderr } = await runCommand(["systemd-analyze", "verify", `--root=${root}`, "bulkhead.service"]);
    assert.match(stderr, /Restrat/);
  }));

for (const unit of UNITS) {
  Deno.test(`systemd units: ${unit} is no more exposed than ${EXPOSURE_AT_MOST[unit] / 10} of 10`, async () => {
    const limit = `--threshold=${EXPOSURE_AT_MOST[unit]}`;
    const { code, stdout } = await runCommand(
      ["systemd-analyze", "security", "--no-pager", "--offline=true", limit, `${DEPLOY}systemd/${unit}`],
    );
    assert.equal(code, 0, stdout.trim().split("\n").at(-1) ?? "");
  });
}

Deno.test("systemd units: the firewall stands before any interface is up, and the gateway needs it", () => {
  assert.ok(wordsOf("bulkhead-firewall.service", "Before").includes("network-pre.target"));
  assert.ok(wordsOf("bulkhead-firewall.service", "Wants").includes("network-pre.target"));
  assert.deepEqual(valuesOf("bulkhead-firewall.service", "DefaultDependencies"), ["no"]);
  assert.deepEqual(valuesOf("bulkhead-firewall.service", "ExecStop"), []);
  const loads = valuesOf("bulkhead-firewall.service", "ExecStart").map((line) => line.split(" ").at(-1));
  // closed first, then opened: a ruleset that does not load leaves what the lines before it made
  assert.deepEqual(loads, [
    "/etc/bulkhead/base.nft",
    "/etc/bulkhead/open.nft",
    "/var/lib/bulkhead-firewall/current.nft",
  ]);
  for (const key of ["Requires", "After"]) {
    assert.ok(wordsOf("bulkhead.service", key).includes("bulkhead-firewall.service"), key);
  }
});

Deno.test("systemd units: the gateway may neither run programs nor load libraries, and is back within a second", () => {
  const [command = ""] = valuesOf("bulkhead.service", "ExecStart");
  for (const flag of ["--no-prompt", "--cached-only", "--frozen", "--no-remote", "--deny-run", "--deny-ffi"]) {
    assert.ok(command.includes(` ${flag} `), flag);
  }
  assert.ok(!/--allow-(all|run|ffi)| -A /.test(command));
  assert.deepEqual(valuesOf("bulkhead.service", "Restart"), ["always"]);
  assert.deepEqual(valuesOf("bulkhead.service", "RestartSec"), ["1"]);
});

Deno.test("systemd units: hald may change the firewall and has no network", () => {
  assert.deepEqual(valuesOf("bulkhead-hald.service", "CapabilityBoundingSet"), ["CAP_NET_ADMIN"]);
  assert.deepEqual(valuesOf("bulkhead-hald.service", "AmbientCapabilities"), ["CAP_NET_ADMIN"]);
  assert.deepEqual(wordsOf("bulkhead-hald.service", "RestrictAddressFamilies"), ["AF_UNIX", "AF_NETLINK"]);
});

Deno.test("systemd units: users and groups of the units are made by the sysusers file", () => {
  const made = Deno.readTextFileSync(`${DEPLOY}systemd/bulkhead.sysusers.conf`).matchAll(/^[ug] (\S+)/gm);
  const names = new Set([...made].map(([, name]) => name));
  for (const unit of ["bulkhead.service", "bulkhead-hald.service"]) {
    for (const name of [...valuesOf(unit, "User"), ...valuesOf(unit, "Group")]) assert.ok(names.has(name), name);
  }
});

/** The calls of one set of `systemd-analyze syscall-filter`, with the sets inside it. */
async function callsOf(set: string): Promise<Set<string>> {
  const text = await runOk(["systemd-analyze", "syscall-filter", "--no-pager", set]);
  const members = text.split("\n").map((line) => line.trim()).filter((line) =>
    /^@?[a-z0-9_-]+$/.test(line) && line !== set
  );
  const nested = await Promise.all(
    members.map(async (name) => name.startsWith("@") ? [...await callsOf(name)] : [name]),
  );
  return new Set(nested.flat());
}

/** What SystemCallFilter= of a unit allows: lines in order, "~" takes away (systemd.exec(5)); @default is always allowed. */
async function allowedCalls(unit: string): Promise<Set<string>> {
  let allowed = await callsOf("@default");
  for (const line of valuesOf(unit, "SystemCallFilter")) {
    const names = line.replace(/^~/, "").split(" ");
    const calls = new Set(
      (await Promise.all(names.map(async (name) => name.startsWith("@") ? [...await callsOf(name)] : [name]))).flat(),
    );
    allowed = line.startsWith("~") ? allowed.difference(calls) : allowed.union(calls);
  }
  return allowed;
}

/** Calls that fail without harm: V8 asks for memory keys and goes on without; SQLite gives files to their owner as root only. */
const HARMLESS = new Set(["fchown", "pkey_alloc"]);

/** Calls that a program made in its life, by strace; `use` plays with it before it is asked to end. */
async function usedCalls(folder: string, args: readonly string[], use: () => Promise<unknown>): Promise<string[]> {
  const trace = ["-f", "-qq", "-c", "-U", "name", "-o", `${folder}/calls`];
  const strace = new Deno.Command("strace", {
    args: [...trace, Deno.execPath(), "run", "--no-prompt", "--cached-only", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await use();
  const [pid] = (await runOk(["pgrep", "-P", String(strace.pid)])).trim().split("\n");
  Deno.kill(Number(pid), "SIGTERM");
  await strace.status;
  const lines = (await Deno.readTextFile(`${folder}/calls`)).split("\n").map((line) => line.trim());
  return lines.filter((line) => /^[a-z0-9_]+$/.test(line) && line !== "total" && line !== "syscall");
}

async function refusedCalls(unit: string, used: readonly string[]): Promise<string[]> {
  const allowed = await allowedCalls(unit);
  return used.filter((call) => !allowed.has(call) && !HARMLESS.has(call));
}

const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("systemd units: hald needs no system call that its unit refuses", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/hald.json`,
    JSON.stringify({
      callers: [{ user: Deno.uid(), may: ["read", "act"] }],
      firewall: { folder: `${folder}/firewall` },
    }),
  );
  const args = ["-A", `${ROOT}hal/daemon.ts`, "--socket", `${folder}/s`, "--config", `${folder}/hald.json`];
  const used = await usedCalls(folder, args, async () => {
    const client = connectHald(`${folder}/s`, { clock: systemClock, timers: systemTimers });
    await client.call("net.links", {}, { deadlineMs: 40_000 });
    await client.call("clock.state", {});
    await client.call("nft.stage", { offset: 0, text: TEST_RULESET });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(TEST_RULESET)))
      .toHex();
    await client.call("nft.check", { digest }); // a dry run: this machine's own rules stay as they are
    client.close();
  });
  assert.ok(used.includes("clock_adjtime") && used.length > 30, used.join(" "));
  assert.deepEqual(await refusedCalls("bulkhead-hald.service", used), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("systemd units: the gateway needs no system call that its unit refuses", async () => {
  const folder = await Deno.makeTempDir();
  const site = { id: "garage-1", name: "Test", timeZone: "Europe/Berlin", dataDir: `${folder}/data` };
  await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify({ version: 1, site }));
  const [command = ""] = valuesOf("bulkhead.service", "ExecStart");
  const flags = command.split(" ").filter((word) => /^--(allow|deny)-/.test(word));
  const args = [...flags, `${ROOT}main.ts`, "run", "--config", `${folder}/site.yaml`];
  const socket = `${folder}/data/control.sock`;
  const used = await usedCalls(folder, args, () => {
    return waitFor("the gateway", () => Deno.stat(socket).then(() => true, () => false), 60_000);
  });
  assert.ok(used.includes("fsync") || used.includes("fdatasync"), used.join(" "));
  assert.deepEqual(await refusedCalls("bulkhead.service", used), []);
  await Deno.remove(folder, { recursive: true });
});
