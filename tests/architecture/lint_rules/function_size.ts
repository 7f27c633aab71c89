/** Lines a function may have before it is reported, and before it is refused (style: p95 of the anchors). */
export const FUNCTION_LINES = { soft: 40, hard: 70 } as const;

/** A function longer than a limit. */
export interface LongFunction {
  readonly node: Deno.lint.Node;
  readonly name: string;
  readonly lines: number;
}

/** Visitors that tell `found` of every function with more than `limit` lines, nested ones included. */
export function functionVisitor(
  source: string,
  limit: number,
  found: (long: LongFunction) => void,
): Deno.lint.LintVisitor {
  const visit = (node: FunctionNode): void => {
    const [start, end] = node.range;
    const lines = source.slice(start, end).split("\n").length;
    if (lines > limit) found({ node, name: nameOf(node), lines });
  };
  return { FunctionDeclaration: visit, FunctionExpression: visit, ArrowFunctionExpression: visit };
}

/** No function beyond the hard limit, tests included. */
export const functionSize: Deno.lint.Rule = {
  create(context) {
    return functionVisitor(context.sourceCode.text, FUNCTION_LINES.hard, ({ node, name, lines }) => {
      context.report({
        node,
        message: `${name} has ${lines} lines; at most ${FUNCTION_LINES.hard} are allowed`,
        hint: "Give its steps names: one function, one thing",
      });
    });
  },
};

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

function nameOf(node: FunctionNode): string {
  if (node.type !== "ArrowFunctionExpression" && node.id) return node.id.name;
  const parent = node.parent;
  if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier") return parent.id.name;
  if (parent.type === "MethodDefinition" || parent.type === "Property" || parent.type === "PropertyDefinition") {
    if (parent.key.type === "Identifier" || parent.key.type === "PrivateIdentifier") return parent.key.name;
  }
  if (parent.type === "CallExpression") {
    const [first] = parent.arguments;
    if (first?.type === "Literal" && typeof first.value === "string") return `"${first.value}"`;
  }
  return "function";
}
