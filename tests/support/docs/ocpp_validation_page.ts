import type { OcppVersion } from "../../../gateway/ocpp/codec.ts";
import { type Relaxation, RELAXATIONS } from "../../../gateway/ocpp/schemas/relaxations.ts";
import { SEMANTIC_RULES } from "../../../gateway/ocpp/semantic_rules.ts";
import { violationCode } from "../../../gateway/ocpp/violation_code.ts";
import { code, page, table } from "./page.ts";

const VERSIONS: readonly (readonly [name: string, relaxations: readonly Relaxation[]])[] = [
  ["1.6", RELAXATIONS.ocpp16],
  ["2.0.1", RELAXATIONS.ocpp201],
  ["2.1", RELAXATIONS.ocpp21],
];

/** Kinds of faults, each with an example as the check writes it. */
const FAULTS: readonly (readonly [what: string, fault: string])[] = [
  ["a property is missing, a list is too short or too long", '/ breaks required "x"'],
  ["a value of the wrong type", "/x breaks type"],
  ["a value out of its bounds, unknown or of the wrong form; a rule of the table above", "/x breaks enum"],
  ["anything else, as a property that the schema does not know", "/ breaks additionalProperties"],
];

/** docs/ocpp-validation.md: where the schemas are wider than the official ones, and what they do not say. */
export function ocppValidationPage(): string {
  return page(
    "OCPP validation",
    [
      "Messages are judged by the official schemas of OCPP 1.6 (with the security extension), 2.0.1 and 2.1, compiled ahead",
      "and loaded when the first station of a version connects. A message is judged on a parsed copy and always relayed as",
      "it came: properties of a vendor are never removed. `validation: observe` records faults, `enforce` answers them with",
      "an error; transaction messages always pass (invariant 15), their faults are recorded. A signed message (`X-Signed`) is",
      "held to the schema of what it wraps; where that cannot be read, it breaks its form.",
    ].join("\n"),
    "## Relaxations for all stations",
    "Where the shipped schemas are wider than the official ones, because stations in the field need it.",
    table(["version", "message", "field", "official", "here", "because"], VERSIONS.flatMap(relaxationRows)),
    [
      "Times may leave out the minutes of their zone in the schemas; a time without any zone breaks the rule",
      "`timestamp-zone` below. What only some stations need is a quirk of theirs (quirks.md): `extra-properties`,",
      "`long-strings`, `loose-numbers`, `loose-timestamps`.",
    ].join("\n"),
    "## What the schemas do not say",
    "Integers have 32 bits in every version. Beyond that:",
    table(
      ["rule", "versions", "messages", "wanted", "source"],
      SEMANTIC_RULES.map(({ id, versions, messages, wanted, source }) => [
        code(id),
        versions.map((version) => version.replace("ocpp", "")).join(", "),
        messages.map((name) => name === "*" ? "all" : code(name)).join(", "),
        wanted,
        source,
      ]),
    ),
    "## Error codes",
    "The answer to a refused message names the kind of fault in the words of its version.",
    table(
      ["fault", "1.6", "2.0.1 and 2.1"],
      FAULTS.map(([what, fault]) => {
        const name = (version: OcppVersion) => code(violationCode(version, fault));
        return [what, name("ocpp1.6"), name("ocpp2.0.1")];
      }),
    ),
  );
}

function relaxationRows([version, relaxations]: typeof VERSIONS[number]): string[][] {
  return relaxations.flatMap(({ schemas, path, set, strict, because }) =>
    Object.entries(set).map(([keyword, figure]) => [
      version,
      schemas.map(code).join(", "),
      code(path.join(".")),
      `${keyword} ${strict[keyword]}`,
      `${keyword} ${figure}`,
      because,
    ])
  );
}
