import type { Decision } from "../../policies/decision.ts";
import type { EchoConfig } from "./config.ts";
import type { Verdict } from "./session.ts";

/** One rule of `echo.rules`. */
export type EchoRule = EchoConfig["rules"][number];

/**
 * Deny rules win, then the first allow, else deny. In a real conduit this function stands in policies/, where a network
 * admin reads, tests and replays it.
 */
export function decideEcho(line: string, rules: readonly EchoRule[]): Decision {
  const matching = rules.filter(({ startsWith }) => line.startsWith(startsWith));
  const deny = matching.find(({ effect }) => effect === "deny");
  if (deny) return { effect: "deny", rule: deny.id, reason: deny.because };
  const allow = matching.find(({ effect }) => effect === "allow");
  if (allow) return { effect: "allow", rule: allow.id };
  return { effect: "deny", rule: "echo.default", reason: "No rule allows this line" };
}

/** Message to facts, decision to the protocol's own refusal: here a line that starts with REFUSED. */
export function judgeLine(line: string, rules: readonly EchoRule[]): Verdict {
  const decision = decideEcho(line, rules);
  if (decision.effect === "allow") return { pass: true };
  return { pass: false, rule: decision.rule, answer: `REFUSED ${decision.rule}: ${decision.reason}` };
}
