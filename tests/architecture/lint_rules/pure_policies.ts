import { isTest, relativePath } from "./scope.ts";

const IMPURE = new Set([
  "Deno",
  "fetch",
  "Date",
  "crypto",
  "performance",
  "setTimeout",
  "setInterval",
  "console",
  "process",
  "globalThis",
  "WebSocket",
  "Worker",
]);

/** Policies are pure functions over plain facts, so that a decision can be read, tested, replayed and diffed. */
export const purePolicies: Deno.lint.Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!path.startsWith("policies/") || isTest(path)) return {};
    return {
      Identifier(node) {
        if (!IMPURE.has(node.name) || isPropertyName(node)) return;
        context.report({
          node,
          message: `policies/ must stay pure: "${node.name}" is not allowed`,
          hint: "Pass the value in as a field of the facts",
        });
      },
      MemberExpression(node) {
        if (context.sourceCode.getText(node) !== "Math.random") return;
        context.report({ node, message: `policies/ must stay pure: "Math.random" is not allowed` });
      },
      ImportDeclaration(node) {
        if (/^\.\.?\//.test(node.source.value)) return; // where it leads is the layer test's business
        context.report({ node, message: `policies/ may import only from policies/: found "${node.source.value}"` });
      },
    };
  },
};

/** `facts.process` and `{ process: 1 }` name a field of ours, not the global. */
function isPropertyName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  if (parent.type === "MemberExpression") return parent.property === node && !parent.computed;
  if (parent.type === "Property") return parent.key === node && !parent.shorthand;
  return parent.type === "TSPropertySignature";
}
