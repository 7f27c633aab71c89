import { isProduct, relativePath, stands } from "./scope.ts";

/** Who may call the site's sealer directly, outside tests. */
const ROWS: readonly string[] = [
  "gateway/store/sealer.ts", // makes the SealedValue
  "gateway/people/devices/recording_file.ts", // lines of files, which no backup holds
];

/**
 * Bytes that stand bare in the store are not found by a restore and never open again on the new box (decision 0151): the
 * site's sealer is called by the functions of gateway/store/sealer.ts alone.
 */
export const sealedValues: Deno.lint.Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!isProduct(path) || stands(path, ROWS)) return {};
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== "MemberExpression" || nameOf(callee.property) !== "seal") return;
        const { object } = callee;
        const name = nameOf(object.type === "MemberExpression" ? object.property : object);
        if (name === undefined || !/sealer$/i.test(name)) return;
        context.report({
          node,
          message: "What the sealer gives back would stand bare in the store, and a restore finds it not",
          hint: "Use putSealed or sealFor of gateway/store/sealer.ts",
        });
      },
    };
  },
};

function nameOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node.name;
  return node.type === "Literal" ? String(node.value) : undefined;
}
