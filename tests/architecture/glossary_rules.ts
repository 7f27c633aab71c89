import type { SourceFile } from "./tree.ts";

/** One word that we do not use, and where it may stand all the same. */
export interface WrongWord {
  /** Matches identifiers and prose alike; has the flag "g". */
  readonly wrong: RegExp;
  readonly right: string;
  /** Files or folders whose subject is the word of a standard or a maker. */
  readonly paths?: readonly string[];
  /** A line that also matches this speaks of a standard's or a maker's own name. */
  readonly lines?: RegExp;
}

/** Same word, same thing, everywhere (docs/glossary.md). */
export const WRONG_WORDS: readonly WrongWord[] = [
  {
    wrong: /(?:[Cc]hargers?|CHARGERS?)(?![a-z])/g,
    right: "station",
    paths: ["profiles/"],
    lines: /Schneider Charge|"[^"]*charger[^"]*\.(com|net|org)/,
  },
  { wrong: /wall[ -]?box/gi, right: "station", paths: ["profiles/"], lines: /EVlink|KEBA|\/v2\/wallboxes/i },
  {
    // the 1.6 documents and their field names say so; nothing of ours does
    wrong: /(?:[Cc]harge[ _-]?[Pp]oints?|CHARGE_?POINTS?)(?![a-z])/g,
    right: "station",
    paths: [
      "gateway/ocpp/",
      "gateway/demo/",
      "policies/ocpp",
      "policies/cases/ocpp",
      "profiles/",
      "tests/conformance/",
    ],
    lines:
      /\b1\.6\b|ChargePointID|chargePoint(Vendor|Model|SerialNumber|ErrorCode|MaxProfile)|ChargePoint(Certificate|MaxProfile)/,
  },
  {
    wrong: /central[ _-]?systems?/gi,
    right: "CSMS",
    paths: ["docs/rehoming.md", "gateway/ocpp/", "policies/ocpp", "profiles/"],
    lines: /\b1\.6\b|CentralSystem(Root)?Certificate/,
  },
  {
    wrong: /(?<![A-Za-z])(?:[Mm]asters?|[Ss]laves?|MASTERS?|SLAVES?)(?![a-z])|(?<=[a-z])(?:Master|Slave)s?(?![a-z])/g,
    right: "primary/secondary (controllers), client/server (Modbus)",
    paths: ["profiles/"],
    lines:
      /Master-Slave|Master\/Slave Scope|bender|"link", "set".*"master"|modbus_set_slave|iproute2's own word|"master agentx"/i, // iproute2's own word, libmodbus's and snmpd's
  },
  { wrong: /(white|black)[ _-]?list/gi, right: "allow list, deny list", paths: ["profiles/"] },
  { wrong: /super[ _-]?users?/gi, right: "administrator" },
  { wrong: /\bslave address\b|\bFC number\b/gi, right: "unit id, function code" },
  { wrong: /\b(man|men)[ -]in[ -]the[ -]middle\b/gi, right: "on-path attacker" },
];

/** Files that explain or test the wrong words. */
const ABOUT_WORDS = ["docs/glossary.md", "tests/architecture/glossary_"];

/** Wrong words in a file: "path:line: says X, the word is Y". */
export function wrongWords({ path, text }: SourceFile, words: readonly WrongWord[] = WRONG_WORDS): string[] {
  if (ABOUT_WORDS.some((prefix) => path.startsWith(prefix))) return [];
  const relevant = words.filter(({ paths = [] }) => !paths.some((prefix) => path.startsWith(prefix)));
  return text.split("\n").flatMap((line, index) =>
    relevant.filter(({ lines }) => !lines?.test(line)).flatMap(({ wrong, right }) =>
      [...line.matchAll(wrong)].map(([found]) => `${path}:${index + 1}: says "${found}", the word is ${right}`)
    )
  );
}
