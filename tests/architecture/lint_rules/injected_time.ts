import { isProduct, isTest, memberName, relativePath, stands } from "./scope.ts";

/** Where the box's own clock, timers and randomness are wrapped. */
const OWNERS = [
  "gateway/core/clock.ts",
  "gateway/core/timers.ts",
  "gateway/console/assets/", // runs in a browser, which has no other clock
];
const TIMER_NAMES = new Set(["setTimeout", "setInterval", "setImmediate"]);
const CLOCK_MEMBERS = new Set(["Date.now", "performance.now", "Math.random", "AbortSignal.timeout"]);
const TIMER_MODULES = new Set(["node:timers", "node:timers/promises"]);

const HINT = "Take a Clock, Timers or Random as a parameter (gateway/core/clock.ts, timers.ts)";
const TEST_HINT = "Tests never sleep: poll with waitFor (tests/support/wait_for.ts) or move a ManualTime";

/** Time, timers and randomness come in as parameters; tests never sleep. */
export const injectedTime: Deno.lint.Rule = {
  create(context) {
    const path = relativePath(context.filename);
    const product = isProduct(path) && !stands(path, OWNERS);
    if (!product && !isTest(path)) return {};
    const hint = product ? HINT : TEST_HINT;
    const report = (node: Deno.lint.Node, what: string): void =>
      context.report({ node, message: `"${what}" reads the box instead of a parameter`, hint });
    return {
      CallExpression(node) {
        if (node.callee.type === "Identifier" && TIMER_NAMES.has(node.callee.name)) report(node, node.callee.name);
      },
      MemberExpression(node) {
        const name = memberName(node);
        if (product && name && CLOCK_MEMBERS.has(name)) report(node, name);
      },
      NewExpression(node) {
        if (!product || node.callee.type !== "Identifier" || node.callee.name !== "Date") return;
        if (node.arguments.length === 0) report(node, "new Date()");
      },
      ImportDeclaration(node) {
        if (TIMER_MODULES.has(node.source.value)) report(node, node.source.value);
      },
    };
  },
};
