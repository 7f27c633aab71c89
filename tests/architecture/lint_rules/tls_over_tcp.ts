import { isProduct, relativePath, stands } from "./scope.ts";

/** Who may let node:tls connect itself, outside tests. */
const ROWS: readonly string[] = [
  "gateway/demo/", // a short-lived process that dials what it has started
];

/**
 * TLS begins over a connection that stands: Deno 2.9.6 keeps for ever what a refused `tls.connect` has made, and a peer that
 * is away is dialled for hours (decision 0151).
 */
export const tlsOverTcp: Deno.lint.Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!isProduct(path) || stands(path, ROWS)) return {};
    const names = new Set<string>(), spaces = new Set<string>();
    return {
      ImportDeclaration(node) {
        if (node.source.value !== "node:tls") return;
        for (const one of node.specifiers) {
          if (one.type !== "ImportSpecifier") spaces.add(one.local.name);
          else if (one.imported.type === "Identifier" && one.imported.name === "connect") names.add(one.local.name);
        }
      },
      CallExpression(node) {
        const { callee, arguments: [options] } = node;
        const isOfSpace = callee.type === "MemberExpression" && callee.object.type === "Identifier" &&
          spaces.has(callee.object.name) && callee.property.type === "Identifier" && callee.property.name === "connect";
        if (!isOfSpace && !(callee.type === "Identifier" && names.has(callee.name))) return;
        if (options && hasSocket(options)) return;
        context.report({
          node,
          message: "TLS that dials itself is kept for ever when it is refused: give it a `socket` that is connected",
          hint: 'Use reachTcp of gateway/uplink/reach_tcp.ts, or begin TLS on its "connect"',
        });
      },
    };
  },
};

/** Whether an object says `socket`, itself or by an object that is spread in it. */
function hasSocket(node: Deno.lint.Node): boolean {
  if (node.type !== "ObjectExpression") return false;
  return node.properties.some((one) =>
    one.type === "SpreadElement"
      ? hasSocket(one.argument)
      : one.key.type === "Identifier" && !one.computed && one.key.name === "socket"
  );
}
