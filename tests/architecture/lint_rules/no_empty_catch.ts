import { isProduct, relativePath } from "./scope.ts";

const HINT = "Say what went wrong: rethrow with `cause`, count it, log it, or answer with it";

/**
 * A caught error is never dropped: no empty catch block. In the product `.catch(() => {})` needs the reason in a comment
 * on its line, such as who else observes the promise.
 */
export const noEmptyCatch: Deno.lint.Rule = {
  create(context) {
    const product = isProduct(relativePath(context.filename));
    return {
      CatchClause(node) {
        if (node.body.body.length === 0) context.report({ node, message: "This catch drops its error", hint: HINT });
      },
      CallExpression(node) {
        const [handler] = node.arguments;
        if (!product || node.callee.type !== "MemberExpression" || node.callee.property.type !== "Identifier") return;
        if (node.callee.property.name !== "catch" || handler?.type !== "ArrowFunctionExpression") return;
        if (handler.body.type !== "BlockStatement" || handler.body.body.length > 0) return;
        if (restOfLine(context.sourceCode.text, handler.range[1]).includes("//")) return;
        context.report({ node: handler, message: "This catch drops its error", hint: HINT });
      },
    };
  },
};

function restOfLine(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(offset, end < 0 ? undefined : end);
}
