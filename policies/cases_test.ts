import process from "node:process";
import { parse } from "yaml";
import { SHIPPED_CASES } from "./cases/mod.ts";
import { type OcppCases, runOcppCase } from "./ocpp_case.ts";

// yaml asks for two debug variables of its own; this test runs without any permission, so there is nothing to ask.
Object.defineProperty(process, "env", { value: {} });

for (const [file, text] of Object.entries(SHIPPED_CASES)) {
  const { rules, cases } = parse(text) as OcppCases;
  for (const tried of cases) {
    Deno.test(`policy case ${file}: ${tried.case} (${tried.expect})`, () => {
      const result = runOcppCase(tried, rules);
      if (!result.ok) throw new Error(result.why);
    });
  }
}
