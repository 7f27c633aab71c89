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
]);

/** House rules that `deno lint` enforces (DESIGN sections 2, 3 and 7). */
const plugin: Deno.lint.Plugin = {
  name: "bulkhead",
  rules: {
    "pure-policies": {
      create(context) {
        if (!context.filename.includes("/policies/") || context.filename.endsWith("_test.ts")) return {};
        return {
          Identifier(node) {
            if (!IMPURE.has(node.name)) return;
            context.report({
              node,
              message: `policies/ must stay pure: "${node.name}" is not allowed`,
              hint: "Pass the value in as a field of the facts",
            });
          },
          ImportDeclaration(node) {
            if (node.source.value.startsWith("./")) return;
            context.report({ node, message: `policies/ may import only from policies/: found "${node.source.value}"` });
          },
        };
      },
    },
  },
};

export default plugin;
