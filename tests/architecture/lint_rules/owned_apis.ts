import { isProduct, memberName, relativePath, stands } from "./scope.ts";

/** A power of the runtime that only named places may use. `rows` are files or folders ("x/" or a prefix ending in "_"). */
interface OwnedApi {
  readonly names: readonly string[];
  readonly rows: readonly string[];
  readonly why: string;
  readonly hint: string;
}

/** Who may use what, outside tests. Add a row only with its reason in the comment beside it. */
export const OWNED_APIS: readonly OwnedApi[] = [
  {
    names: ["Deno.exit", "process.exit", "process.kill", "self.close"],
    rows: [
      "main.ts", // the exit code of a command
      "gateway/cli/", // runs in the calling process, never in a Worker
      "gateway/core/supervisor.ts", // a looping Worker cannot be killed: the process ends at once
      "gateway/core/supervisor_", // parts of the same
      "gateway/core/worker_entry.ts", // replaces them in a Worker by a refusal
      "gateway/demo/", // a process of its own
      "hal/daemon.ts", // a process of its own
    ],
    why: "ends the isolate without a word to its parent (measured on Deno 2.9.6)",
    hint: "Throw: the supervisor sees it, audits it and restarts the Worker",
  },
  {
    names: ["Deno.serve", "Deno.upgradeWebSocket", "Deno.listenTls"],
    rows: [],
    why: "has no time limits and weak framing (invariant 1)",
    hint: "Use node:http, node:https or node:tls, with ws",
  },
  {
    names: ["Deno.openKv"],
    rows: ["gateway/store/"], // one owner: a second opener gets "database is locked"
    why: "belongs to gateway/store, the only opener of the store",
    hint: "Take a Store from the ControlContext",
  },
  {
    names: ["Deno.dlopen", "Deno.Command"],
    rows: [
      "hal/", // the only part that touches the box
      "gateway/demo/", // starts the gateway and the simulated stations as processes
    ],
    why: "belongs to hal/: the gateway process runs without --allow-ffi and --allow-run",
    hint: "Add a verb to hald, with a schema and a fake",
  },
];

/** Modules with the same powers, by import. */
const OWNED_MODULES: Readonly<Record<string, string>> = {
  "node:child_process": "Deno.Command",
  "node:cluster": "Deno.Command",
  "node:worker_threads": "Deno.Command",
};

/** Refuses the powers of the runtime outside the places that own them (DESIGN sections 2, 3, 7). */
export const ownedApis: Deno.lint.Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!isProduct(path)) return {};
    const check = (node: Deno.lint.Node, used: string, shown: string): void => {
      const api = OWNED_APIS.find(({ names }) => names.includes(used));
      if (!api || stands(path, api.rows)) return;
      context.report({ node, message: `"${shown}" ${api.why}`, hint: api.hint });
    };
    return {
      MemberExpression(node) {
        const name = memberName(node);
        if (name) check(node, name, name);
      },
      ImportDeclaration(node) {
        const owned = OWNED_MODULES[node.source.value];
        if (owned) check(node, owned, node.source.value);
      },
    };
  },
};
