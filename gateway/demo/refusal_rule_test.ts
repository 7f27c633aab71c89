import { deepEqual, equal } from "node:assert/strict";
import type { Timers } from "../core/timers.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { DEMO_LIMITS } from "./limits.ts";
import { RefusalRules } from "./refusal_rule.ts";

/** Timers that need no waiting. */
const soon: Timers = {
  after: (_ms, run) => {
    queueMicrotask(run);
    return () => {};
  },
  every: () => () => {},
};

function gateway(pages: readonly (readonly Record<string, unknown>[])[]) {
  const asked: CommandArgs[] = [];
  return {
    asked,
    command: (_command: string, args: CommandArgs = {}): Promise<CommandResult> => {
      const page = pages[asked.push(args) - 1] ?? [];
      const lines = page.map((record) => JSON.stringify(record));
      return Promise.resolve({ text: "", data: { lines, last: Number(args.after) + lines.length } });
    },
  };
}

const refused = (source: string, rule: string) => ({ outcome: "refused", source, rule });

Deno.test("demo audit: the rule of the newest refusal from the attacker's address", async () => {
  const source = gateway([[
    refused("127.0.0.1", "other"),
    refused("127.66.0.1", "first"),
    refused("127.66.0.1", "second"),
    { outcome: "ok", source: "127.66.0.1", rule: "allowed" },
  ]]);
  const rules = new RefusalRules(source, soon);
  equal(await rules.next("127.66.0.1"), "second");
});

Deno.test("demo audit: a record that follows a moment later is found, an old one is not taken again", async () => {
  const source = gateway([[], [refused("127.66.0.1", "late")], [], [refused("127.66.0.2", "next")]]);
  const rules = new RefusalRules(source, soon);
  equal(await rules.next("127.66.0.1"), "late");
  equal(await rules.next("127.66.0.2"), "next");
  deepEqual(source.asked.map(({ after }) => after), ["0", "0", "1", "1"]);
});

Deno.test("demo audit: gives up after its limit of looks", async () => {
  const source = gateway([]);
  equal(await new RefusalRules(source, soon).next(undefined), undefined);
  equal(source.asked.length, DEMO_LIMITS.auditLooks);
});

Deno.test("demo audit: a refusal that was recorded without its source counts", async () => {
  const source = gateway([[{ outcome: "refused", rule: "early" }], [refused("unknown", "broken")]]);
  const rules = new RefusalRules(source, soon);
  equal(await rules.next("127.66.0.1"), "early");
  equal(await rules.next("127.66.0.1"), "broken");
});
