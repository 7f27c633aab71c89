import { POLICY_LIMITS } from "./limits.ts";
import type {
  Evidence,
  Expectation,
  Finding,
  GuideLine,
  PostureCheck,
  Score,
  Severity,
  Waiver,
} from "./posture_types.ts";
import { compareVersions } from "./version.ts";

const DAY = 86_400_000;
/** What an unmet line of each severity costs. */
const WEIGHTS: Readonly<Record<Severity, number>> = { high: 5, medium: 3, low: 1 };

/**
 * How a line stands, by what its checks gave in the same order. The first check with evidence decides. A waiver stands
 * for a line that is not met, until its day, and never for one that is.
 */
export function judgeLine(
  line: GuideLine,
  evidence: readonly (Evidence | undefined)[],
  waiver: Waiver | undefined,
  now: number,
): Finding {
  const found = judgeChecks(line, evidence, now);
  if (found.outcome === "met" || !waiver || waiver.until <= now) return found;
  return { ...found, outcome: "waived", why: `${found.why}; ${waiver.who} answers for it: ${waiver.reason}` };
}

/** How the lines of a subject stand together. */
export function scoreOf(findings: readonly Finding[], severityOf: (line: string) => Severity): Score {
  const count = { met: 0, failed: 0, unknown: 0, waived: 0 };
  let all = 0, met = 0;
  for (const { line, outcome } of findings) {
    const weight = WEIGHTS[severityOf(line)];
    count[outcome]++;
    all += weight;
    if (outcome === "met") met += weight;
  }
  return { ...count, percent: all === 0 ? 100 : Math.floor(met * 100 / all) };
}

/** Lines that were met and are not any more: "HTTPS was on yesterday". What merely cannot be read now has not drifted. */
export function driftOf(before: readonly Finding[], after: readonly Finding[]): readonly Finding[] {
  const met = new Set(before.filter(({ outcome }) => outcome === "met").map(({ line }) => line));
  return after.filter(({ line, outcome }) => outcome === "failed" && met.has(line));
}

/**
 * Whether two words mean the same to a device: without case and blanks around them, and on, true, yes, enabled and 1 are
 * one word, as are off, false, no, disabled and 0.
 */
export function sameWord(left: string, right: string): boolean {
  return foldWord(left) === foldWord(right);
}

/** Why a value is not what is wanted, in words; undefined when it is. */
export function unmetBy(value: string, expect: Expectation): string | undefined {
  const { is, isNot, atLeast, atMost, startsWith, version } = expect;
  if (is && !is.some((word) => sameWord(word, value))) return `wanted ${is.join(" or ")}`;
  if (isNot?.some((word) => sameWord(word, value))) return `wanted anything but ${isNot.join(", ")}`;
  if (startsWith && !startsWith.some((start) => value.trim().toLowerCase().startsWith(start.toLowerCase()))) {
    return `wanted it to begin with ${startsWith.join(" or ")}`;
  }
  if (version !== undefined && !(compareVersions(value, version) >= 0)) return `wanted version ${version} or newer`;
  if (atLeast === undefined && atMost === undefined) return undefined;
  const number = value.trim() === "" ? NaN : Number(value);
  if (!Number.isFinite(number)) return "wanted a number";
  if (atLeast !== undefined && number < atLeast) return `wanted at least ${atLeast}`;
  return atMost !== undefined && number > atMost ? `wanted at most ${atMost}` : undefined;
}

function judgeChecks({ id, checks }: GuideLine, evidence: readonly (Evidence | undefined)[], now: number): Finding {
  const reasons: string[] = [];
  for (const [at, check] of checks.entries()) {
    const given = evidence[at];
    if (given === undefined || given.is === "unknown") reasons.push(given?.why ?? "nothing was read");
    else {
      const finding = judgeCheck(id, check, given, now), isLeft = finding.outcome === "failed" && leavesToNext(check);
      if (finding.outcome !== "unknown" && !isLeft) return finding;
      reasons.push(finding.why);
    }
  }
  return { line: id, outcome: "unknown", why: [...new Set(reasons)].join("; ") };
}

const leavesToNext = (check: PostureCheck): boolean =>
  (check.by === "inventory" || check.by === "gateway") && check.orNext === true;

function judgeCheck(
  line: string,
  check: PostureCheck,
  given: Exclude<Evidence, { is: "unknown" }>,
  now: number,
): Finding {
  const { at } = given;
  if (check.by === "people") return judgeChecklist(line, check, given, now);
  if (check.by !== "product" && now - at > POLICY_LIMITS.postureEvidenceDays * DAY) {
    return { line, outcome: "unknown", why: `last read ${daysBetween(at, now)} days ago`, at };
  }
  if (check.by === "product") return { line, outcome: "met", why: `shown by the test "${check.test}"`, at };
  const what = nameOf(check);
  if (given.is === "absent") {
    const { absent } = "expect" in check ? check.expect : { absent: undefined };
    const outcome = absent ?? "unknown";
    return { line, outcome, why: `${what} is not there`, at };
  }
  const unmet = check.by === "ports" ? openPorts(given.value, check.closed) : unmetBy(given.value, check.expect);
  const value = given.value === "" ? "empty" : given.value;
  if (unmet === undefined) return { line, outcome: "met", why: `${what} is ${value}`, at };
  return { line, outcome: "failed", why: `${what} is ${value}, ${unmet}`, at };
}

function judgeChecklist(
  line: string,
  { everyDays }: Extract<PostureCheck, { by: "people" }>,
  given: Exclude<Evidence, { is: "unknown" }>,
  now: number,
): Finding {
  const { at } = given;
  if (given.is === "absent") return { line, outcome: "failed", why: "a person found it not so", at };
  const days = daysBetween(at, now);
  const by = given.value === "" ? "" : ` by ${given.value}`;
  if (days >= everyDays) {
    return { line, outcome: "failed", why: `last confirmed${by} ${days} days ago, wanted every ${everyDays} days`, at };
  }
  return { line, outcome: "met", why: `confirmed${by} ${days} days ago`, at };
}

/** `open` is the list of ports that answered, with commas. */
function openPorts(open: string, closed: readonly number[]): string | undefined {
  const found = open.split(",").map((port) => port.trim()).filter((port) =>
    closed.includes(Number(port)) && port !== ""
  );
  return found.length === 0 ? undefined : `wanted ${found.join(", ")} closed`;
}

function nameOf(check: Exclude<PostureCheck, { by: "people" | "product" }>): string {
  switch (check.by) {
    case "ports":
      return "the list of open ports";
    case "ocpp":
      return [check.key, check.variable].filter((name) => name !== undefined).join(" or ");
    case "driver":
      return check.setting;
    default:
      return check.fact;
  }
}

function foldWord(text: string): string {
  const word = text.trim().toLowerCase();
  if (["on", "true", "yes", "enabled", "1"].includes(word)) return "on";
  return ["off", "false", "no", "disabled", "0"].includes(word) ? "off" : word;
}

/** Whole days; a clock that went back counts as none. */
function daysBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / DAY));
}
