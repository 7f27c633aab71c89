import { deepEqual, equal, match, ok } from "node:assert/strict";
import { runCommand } from "../../tests/support/run_command.ts";
import { START_FLAGS } from "../../tests/support/run_gateway.ts";
import { COMMANDS } from "./command_table.ts";
import { helpText } from "./help.ts";
import { COMMON_OPTIONS } from "./parse_args.ts";
import { VERSION } from "./version.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
/** The command line as a process: exit code, standard output and standard error. */
const run = (...args: string[]) => runCommand([Deno.execPath(), "run", "-q", ...START_FLAGS, MAIN, ...args]);

Deno.test("help: names every command with its arguments and every common option, each once", () => {
  const lines = helpText().split("\n");
  for (const { name, args = [], summary } of COMMANDS) {
    const own = lines.filter((line) => line.endsWith(summary) && line.startsWith(name));
    equal(own.length, 1, name);
    for (const arg of args) ok(own[0]!.includes(arg.replace("?", "").toUpperCase()), `${name} ${arg}`);
    equal(own[0]!.includes("["), args.some((arg) => arg.endsWith("?")) || summary.includes("["), name);
  }
  for (const [option, meaning] of Object.entries(COMMON_OPTIONS)) {
    ok(lines.some((line) => line.startsWith(`--${option} `) && line.endsWith(meaning)), option);
  }
});

Deno.test("command table: names are unique and in order, every example is its own command, every sent file is an option", () => {
  const names = COMMANDS.map(({ name }) => name);
  deepEqual(names, [...new Set(names)].sort());
  for (const { name, example, sendsFiles = [], sendsBytes = [], options = {} } of COMMANDS) {
    ok(example === name || example.startsWith(`${name} `), example);
    for (const file of [...sendsFiles, ...sendsBytes]) {
      ok(Object.keys(options).some((key) => key.startsWith(`${file}=`)), `${name} ${file}`);
    }
  }
});

const OUTCOMES: readonly { name: string; args: string[]; code: number; out: RegExp; err: RegExp }[] = [
  { name: "nothing is help", args: [], code: 0, out: /^command +what it does\n/, err: /^$/ },
  {
    name: "version for people",
    args: ["version"],
    code: 0,
    out: new RegExp(`^bulkhead ${VERSION} on Deno `),
    err: /^$/,
  },
  {
    name: "an unknown command is wrong usage",
    args: ["frobnicate"],
    code: 2,
    out: /^$/,
    err: /error: CLI_USAGE: Command "frobnicate" is unknown\nhint: Run `help`/,
  },
  {
    name: "an unknown option is wrong usage",
    args: ["version", "--jsno"],
    code: 2,
    out: /^$/,
    err: /Option "--jsno" is unknown: wanted one of .*--json/,
  },
  {
    name: "a missing argument is wrong usage",
    args: ["why"],
    code: 2,
    out: /^$/,
    err: /Argument station is missing\nhint: Example: why /,
  },
  {
    name: "a site.yaml that is absent is a failure with its name",
    args: ["status", "--config", "/nonexistent/site.yaml"],
    code: 1,
    out: /^$/,
    err: /error: CFG_UNREADABLE: .*\/nonexistent\/site\.yaml/,
  },
  {
    name: "check of an absent site.yaml fails",
    args: ["check", "--config", "/nonexistent/site.yaml"],
    code: 1,
    out: /check: 1 fault, 0 warnings/,
    err: /^$/,
  },
];
for (const { name, args, code, out, err } of OUTCOMES) {
  Deno.test(`command line: ${name}`, async () => {
    const outcome = await run(...args);
    match(outcome.stdout, out);
    match(outcome.stderr, err);
    equal(outcome.code, code);
  });
}

Deno.test("command line: --json prints one line of data and nothing else", async () => {
  const { stdout, code } = await run("version", "--json");
  deepEqual([JSON.parse(stdout), stdout.split("\n").length, code], [{ version: VERSION }, 2, 0]);
  const bad = await run("check", "--json", "--config", "/nonexistent/site.yaml");
  deepEqual([JSON.parse(bad.stdout).ok, bad.code], [false, 1]);
});

Deno.test("command line: with --json an error is one line of JSON on standard error, with the exit code it has without", async () => {
  const unknown = await run("frobnicate", "--json");
  const { error } = JSON.parse(unknown.stderr);
  deepEqual([error.code, unknown.code, unknown.stdout], ["CLI_USAGE", 2, ""]);
  match(error.hint, /Run `help`/);
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(`${dir}/site.yaml`, "version: 1\nsite: { id: 1 }\n");
  const faulty = await run("status", "--json", "--config", `${dir}/site.yaml`);
  const told = JSON.parse(faulty.stderr).error;
  deepEqual([told.code, told.faults.length, faulty.code, faulty.stdout], ["CFG_INVALID", 1, 1, ""]);
  const keyless = await run("audit", "verify", "--dir", dir, "--json");
  const verify = JSON.parse(keyless.stderr).error;
  deepEqual([verify.code, keyless.code, keyless.stdout], ["AUDIT_KEY_INVALID", 1, ""]);
  match(verify.hint, /--key FILE/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("command line: with no gateway running a command of it says so and how to start one", async () => {
  const dir = await Deno.makeTempDir();
  const config = `${dir}/site.yaml`;
  await Deno.writeTextFile(config, "version: 1\nsite: { id: lab, dataDir: ./data }\n");
  const { code, stdout, stderr } = await run("status", "--config", config);
  deepEqual([code, stdout], [1, ""]);
  match(stderr, new RegExp(`error: CTL_NOT_RUNNING: No gateway answers on "${dir}/data/control.sock"`));
  match(stderr, /looked in the data folder that ".*site\.yaml" names in site\.dataDir/);
  match(stderr, /hint: Start it with `deno task start run --config FILE`/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("command line: a file that an option sends and that cannot be read is named, nothing is sent", async () => {
  const dir = await Deno.makeTempDir();
  const config = `${dir}/site.yaml`;
  await Deno.writeTextFile(config, "version: 1\nsite: { id: lab, dataDir: ./data }\n");
  const command = COMMANDS.find(({ sendsFiles = [], args = [] }) => sendsFiles.length > 0 && args.length === 0) ??
    COMMANDS.find(({ sendsFiles = [] }) => sendsFiles.length > 0)!;
  const words = [...command.name.split(" "), ...(command.args ?? []).map(() => "CP001")];
  const { code, stderr } = await run(...words, `--${command.sendsFiles![0]}`, `${dir}/absent`, "--config", config);
  equal(code, 1);
  match(stderr, /error: CFG_UNREADABLE: Cannot read the file ".*\/absent" of --/);
  await Deno.writeFile(`${dir}/bytes`, new Uint8Array([0x61, 0xff]));
  const binary = await run(...words, `--${command.sendsFiles![0]}`, `${dir}/bytes`, "--config", config);
  equal(binary.code, 1);
  match(binary.stderr, /error: CFG_UNREADABLE: The file ".*\/bytes" of --.* is no text in UTF-8/);
  await Deno.remove(dir, { recursive: true });
});
