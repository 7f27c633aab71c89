import { deepEqual, match, throws } from "node:assert/strict";
import { COMMANDS } from "./command_table.ts";
import { withoutHabits } from "./dispatch_command.ts";
import { runHelp } from "./help.ts";

Deno.test("help: lists every command, as text and for machines", () => {
  const { text, data } = runHelp({});
  for (const { name } of COMMANDS) match(text, new RegExp(`^${name}\\b`, "m"));
  deepEqual(
    (data as unknown as { commands: { name: string }[] }).commands.map(({ name }) => name),
    COMMANDS.map(({ name }) => name),
  );
});

Deno.test("help: shows one command with its options, or a family", () => {
  match(
    runHelp({ command: ["station", "adopt"] }).text,
    /^station adopt STATION\n[^]*--profile=N[^]*--json[^]*Example: station adopt/,
  );
  match(runHelp({ command: ["cert"] }).text, /cert issue[^]*cert list[^]*cert revoke/);
});

Deno.test("help: an unknown command is named with the one that was meant", () => {
  throws(() => runHelp({ command: ["statsu"] }), { code: "CLI_USAGE", hint: /Did you mean "status"/ });
  throws(() => runHelp({ command: ["zzzzzzzz"] }), { hint: "Run `help` for the list of commands" });
});

Deno.test("command line: habits are understood", () => {
  deepEqual(withoutHabits([]), ["help"]);
  deepEqual(withoutHabits(["--help"]), ["help"]);
  deepEqual(withoutHabits(["-h"]), ["help"]);
  deepEqual(withoutHabits(["cert", "issue", "--help"]), ["help", "cert", "issue"]);
  deepEqual(withoutHabits(["--version", "--json"]), ["version", "--json"]);
  deepEqual(withoutHabits(["status"]), ["status"]);
});
