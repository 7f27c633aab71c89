import { memberName } from "./scope.ts";

const SWITCHES = new Set(["ignore", "only"]);
const MEMBERS = new Set(["Deno.test.ignore", "Deno.test.only", "it.skip", "it.only", "describe.skip", "describe.only"]);
const HINT = "A missing tool or right is a failure with a message, not a skipped test";

/** Every test that exists runs: no `ignore`, `only` or `skip`. */
export const noSkippedTests: Deno.lint.Rule = {
  create(context) {
    return {
      CallExpression(node) {
        if (!isTestCall(node)) return;
        for (const argument of node.arguments) {
          if (argument.type !== "ObjectExpression") continue;
          for (const property of argument.properties) {
            if (property.type !== "Property" || property.key.type !== "Identifier") continue;
            if (!SWITCHES.has(property.key.name)) continue;
            context.report({ node: property, message: `"${property.key.name}" switches tests off`, hint: HINT });
          }
        }
      },
      MemberExpression(node) {
        const name = memberName(node) ?? nestedName(node);
        if (!name || !MEMBERS.has(name)) return;
        context.report({ node, message: `"${name}" switches tests off`, hint: HINT });
      },
    };
  },
};

/** `Deno.test(...)`, or a step: `t.step(...)`. */
function isTestCall(node: Deno.lint.CallExpression): boolean {
  if (node.callee.type !== "MemberExpression") return false;
  return memberName(node.callee) === "Deno.test" ||
    node.callee.property.type === "Identifier" && node.callee.property.name === "step";
}

/** "Deno.test.only" of a member of a member. */
function nestedName(node: Deno.lint.MemberExpression): string | undefined {
  if (node.object.type !== "MemberExpression" || node.property.type !== "Identifier") return undefined;
  const object = memberName(node.object);
  return object && `${object}.${node.property.name}`;
}
