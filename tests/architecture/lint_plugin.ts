import { functionSize } from "./lint_rules/function_size.ts";
import { injectedTime } from "./lint_rules/injected_time.ts";
import { noEmptyCatch } from "./lint_rules/no_empty_catch.ts";
import { noSkippedTests } from "./lint_rules/no_skipped_tests.ts";
import { ownedApis } from "./lint_rules/owned_apis.ts";
import { purePolicies } from "./lint_rules/pure_policies.ts";
import { sealedValues } from "./lint_rules/sealed_values.ts";
import { tlsOverTcp } from "./lint_rules/tls_over_tcp.ts";

/** House rules that `deno lint` enforces (DESIGN sections 2, 3 and 7); one file per rule in lint_rules/. */
const plugin: Deno.lint.Plugin = {
  name: "bulkhead",
  rules: {
    "function-size": functionSize,
    "injected-time": injectedTime,
    "no-empty-catch": noEmptyCatch,
    "no-skipped-tests": noSkippedTests,
    "owned-apis": ownedApis,
    "pure-policies": purePolicies,
    "sealed-values": sealedValues,
    "tls-over-tcp": tlsOverTcp,
  },
};

export default plugin;
