import { deepEqual, equal, match } from "node:assert/strict";
import { describeLogins, makeLogins } from "./console_logins.ts";

Deno.test("demo logins: an operator is made, and the setup code is found among the gateway's lines", async () => {
  const asked: unknown[] = [];
  const gateway = {
    lines: ["{}", "SETUP code 7AYVF-SFKM6 makes the first administrator at the console", "READY x"],
    command: (command: string, args: Record<string, unknown> = {}) => {
      asked.push([command, args]);
      return Promise.resolve({ text: "", data: { name: "operator", temporaryPassword: "tulip-52" } });
    },
  };
  const logins = await makeLogins(gateway as never);
  deepEqual(asked, [["user add", { name: "operator", role: "operator" }]]);
  deepEqual(logins, { setupCode: "7AYVF-SFKM6", operator: { name: "operator", password: "tulip-52" } });
  const text = describeLogins("https://bulkhead.localhost:8443/", logins).join("\n");
  match(text, /login\?account=yes as operator, tulip-52/);
  match(text, /setup code 7AYVF-SFKM6/);
});

Deno.test("demo logins: without a setup code only the operator is named", () => {
  const lines = describeLogins("https://x/", { operator: { name: "operator", password: "p" } });
  equal(lines.length, 2);
});
