import { deepStrictEqual as equal } from "node:assert/strict";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { followClimb } from "./climb_follow.ts";

const at = (state: string, ...lines: string[]): CommandResult => ({
  text: [`The climb of CP1 ${state}`, "Profile 1 to 2:", ...lines].join("\n"),
  data: { station: "CP1", state },
});

async function follow(args: CommandArgs, ...answers: CommandResult[]) {
  const asked: CommandArgs[] = [], written: string[] = [];
  const run = (more: CommandArgs) => {
    asked.push(more);
    return Promise.resolve(answers[asked.length - 1]!);
  };
  const result = await followClimb({ station: "CP1", ...args }, { run, write: (line) => void written.push(line) });
  return { asked, written, result };
}

Deno.test("climb follow: shows each step once and ends with how it ended and what to do", async () => {
  const { asked, written, result } = await follow(
    { to: "2", as: "eva" },
    at("running", "  > Wait"),
    at("running", "  + Wait: nothing charges", "  > Install"),
    at("waiting", "  + Wait: nothing charges", "  + Install: trusted", "  > Set"),
    at("done", "  + Wait: nothing charges", "  + Install: trusted", "  + Set: told", "Now set it."),
  );
  equal(written, ["+ Wait: nothing charges", "+ Install: trusted", "+ Set: told"]);
  equal(result.text, "The climb of CP1 done\nNow set it.");
  const again = { station: "CP1", config: undefined, as: "eva", status: true, wait: true };
  equal(asked, [{ station: "CP1", to: "2", as: "eva" }, again, again, again]);
});

for (const option of ["plan", "status", "cancel", "detach", "json"]) {
  Deno.test(`climb follow: with --${option} it answers at once`, async () => {
    const { asked, result } = await follow({ [option]: true }, at("running", "  > Wait"));
    equal([asked.length, result.text], [1, "The climb of CP1 running\nProfile 1 to 2:\n  > Wait"]);
  });
}

Deno.test("climb follow: a climb that ended at once is shown as it is", async () => {
  const { asked, result } = await follow({}, at("done", "  + Wait: x"));
  equal([asked.length, result.text], [1, "The climb of CP1 done\nProfile 1 to 2:\n  + Wait: x"]);
});
