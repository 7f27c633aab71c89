import { deepStrictEqual as equal, ok } from "node:assert/strict";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { createRPCError } from "ocpp-rpc";
import oracle16 from "ocpp-rpc/lib/schemas/ocpp1_6.json" with { type: "json" };
import oracle201 from "ocpp-rpc/lib/schemas/ocpp2_0_1.json" with { type: "json" };
import oracle21 from "ocpp-rpc/lib/schemas/ocpp2_1.json" with { type: "json" };
import { type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { malformedCode, refusalCode } from "../../gateway/ocpp/policy.ts";
import ocpp16 from "../../gateway/ocpp/schemas/ocpp16.js";
import ocpp201 from "../../gateway/ocpp/schemas/ocpp201.js";
import ocpp21 from "../../gateway/ocpp/schemas/ocpp21.js";
import { RELAXATIONS } from "../../gateway/ocpp/schemas/relaxations.ts";
import { createSchemaCheck } from "../../gateway/ocpp/validation.ts";
import { OCPP_RULES } from "../../policies/ocpp.ts";
import { breakings, type Schema, valid } from "../support/schema_samples.ts";

/**
 * The shipped schemas against those that ocpp-rpc bundles (another packaging of the official ones): both must take and
 * refuse the same payloads, but for the written relaxations.
 */
const VERSIONS = [
  { version: "ocpp1.6", ours: ocpp16, theirs: oracle16, relaxed: RELAXATIONS.ocpp16, messages: 78 },
  { version: "ocpp2.0.1", ours: ocpp201, theirs: oracle201, relaxed: RELAXATIONS.ocpp201, messages: 128 },
  { version: "ocpp2.1", ours: ocpp21, theirs: oracle21, relaxed: RELAXATIONS.ocpp21, messages: 181 },
] as const;

/** "urn:Authorize.req" and "urn:AuthorizeRequest" -> "AuthorizeRequest". */
function nameOf(id: string): string {
  return id.replace(/^urn:/, "").replace(/\.req$/, "Request").replace(/\.conf$/, "Response");
}

for (const { version, ours, theirs, relaxed, messages } of VERSIONS) {
  Deno.test(`oracle: ${version} schemas judge as those of ocpp-rpc do, but for the written relaxations`, () => {
    const check = createSchemaCheck(ours);
    const ajv = new Ajv.default({ strict: false, allErrors: false, multipleOfPrecision: 6 });
    addFormats.default(ajv);
    const schemas = theirs as unknown as readonly (Schema & { $id: string })[];
    equal(schemas.length, messages);
    equal(schemas.map(({ $id }) => nameOf($id)).sort(), Object.keys(ours).sort());
    const differences: string[] = [];
    let judged = 0, refused = 0;
    for (const schema of schemas) {
      const { $id, ...body } = schema, name = nameOf($id); // ajv takes no "urn:" without a namespace
      const oracle = ajv.compile(body);
      const judge = name.endsWith("Response") ? check.result : check.call;
      const action = name.replace(/Request$|Response$/, "");
      const good = valid(schema, schema);
      ok(oracle(good), `${name}: the sample is not valid: ${ajv.errorsText(oracle.errors)}`);
      for (const { what, payload } of [{ what: "a valid payload", payload: good }, ...breakings(schema, good)]) {
        judged++;
        const theirVerdict = oracle(payload), ourVerdict = judge(action, payload) === undefined;
        if (!theirVerdict) refused++;
        if (theirVerdict === ourVerdict) continue;
        const isWritten = ourVerdict && relaxed.some((entry) => {
          return entry.schemas.includes(name) &&
            what === `${entry.path.map((step) => step === "*" ? "0" : step).join(".")} too long by 1`;
        });
        if (!isWritten) differences.push(`${name}: ${what}: ocpp-rpc ${theirVerdict}, ours ${ourVerdict}`);
      }
    }
    equal(differences, []);
    ok(judged > 10 * messages && refused > 8 * messages, `${judged} judged, ${refused} refused`);
  });
}

Deno.test("oracle: every code of a refusal is one that ocpp-rpc knows, spelled as its version spells it", () => {
  const faults = [
    '/x breaks required "y"',
    "/x breaks type",
    "/x breaks maxLength 20",
    "/x breaks enum",
    "/x breaks format",
    '/ breaks additionalProperties "z"',
    "/x breaks rule connector-positive",
    "/x breaks minItems 1",
    undefined,
  ];
  const only16 = new Set(["FormationViolation", "OccurenceConstraintViolation"]);
  const only2 = new Set([
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "RpcFrameworkError",
    "MessageTypeNotSupported",
  ]);
  for (const version of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as readonly OcppVersion[]) {
    const codes = Object.values(OCPP_RULES).flatMap((rule) => faults.map((fault) => refusalCode(version, rule, fault)));
    for (const what of ["malformed", "unknown-type"] as const) {
      codes.push(malformedCode(version, what) ?? "GenericError");
    }
    for (const code of codes) {
      equal((createRPCError(code, "") as { rpcErrorCode: string }).rpcErrorCode, code);
      ok(!(version === "ocpp1.6" ? only2 : only16).has(code), `${version} ${code}`);
    }
  }
  const schema = (version: OcppVersion) => faults.map((fault) => refusalCode(version, "ocpp.schema", fault));
  equal(schema("ocpp1.6"), [
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
    "PropertyConstraintViolation",
    "PropertyConstraintViolation",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "FormationViolation",
  ]);
  equal([schema("ocpp2.0.1")[0], schema("ocpp2.1")[5]], ["OccurrenceConstraintViolation", "FormatViolation"]);
});

Deno.test("oracle: the strict figures written beside the relaxations are those of ocpp-rpc's schemas", () => {
  for (const { theirs, relaxed } of VERSIONS) {
    const schemas = theirs as unknown as readonly (Schema & { $id: string })[];
    for (const { schemas: names, path, strict, set } of relaxed) {
      for (const root of schemas.filter(({ $id }) => names.includes(nameOf($id)))) {
        let node: Schema = root;
        for (const step of path) {
          const child: Schema = (step === "*" ? node.items : node.properties?.[step])!;
          node = child.$ref ? root.definitions![child.$ref.replace("#/definitions/", "")]! : child;
        }
        for (const [keyword, figure] of Object.entries(strict)) {
          equal((node as Record<string, unknown>)[keyword], figure, `${names} ${path}`);
          ok(set[keyword]! > figure);
        }
      }
    }
  }
});
