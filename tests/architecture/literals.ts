import { isTestPath, type SourceFile, sourceFiles } from "./tree.ts";

/** A text that stands in code: a string, a template's fixed part or a key of an object. Comments do not count. */
export interface CodeText {
  readonly path: string;
  readonly text: string;
  /** Name of the property whose value it is: "event" in `{ event: "a.b.c" }`. */
  readonly property?: string;
  /** Name of the called method whose first argument it is: "clear" in `alarms.clear("a.b", s)`. */
  readonly firstArgumentOf?: string;
}

/** All texts in the product's code. */
export function productTexts(): CodeText[] {
  return sourceFiles(".ts", ".tsx").filter(({ path }) => !isTestPath(path)).flatMap(textsOf);
}

/** All texts in one file. */
export function textsOf({ path, text }: SourceFile): CodeText[] {
  const found: CodeText[] = [];
  const rule: Deno.lint.Rule = {
    create: () => ({
      Literal(node) {
        if (typeof node.value === "string") found.push({ path, text: node.value, ...placeOf(node) });
      },
      TemplateElement(node) {
        if (node.cooked) found.push({ path, text: node.cooked });
      },
      Property(node) {
        if (node.key.type === "Identifier") found.push({ path, text: node.key.name });
      },
    }),
  };
  Deno.lint.runPlugin({ name: "texts", rules: { texts: rule } }, path, text);
  return found;
}

function placeOf(node: Deno.lint.Node): Pick<CodeText, "property" | "firstArgumentOf"> {
  const parent = "parent" in node ? node.parent : undefined;
  if (parent?.type === "Property" && parent.value === node && parent.key.type === "Identifier") {
    return { property: parent.key.name };
  }
  if (parent?.type === "CallExpression" && parent.arguments[0] === node && parent.callee.type === "MemberExpression") {
    const called = parent.callee.property;
    if (called.type === "Identifier") return { firstArgumentOf: called.name };
  }
  return {};
}
