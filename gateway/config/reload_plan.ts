import type { WorkerPermissions, WorkerSpec } from "../core/conduit.ts";
import { HUB, type WorkerChange } from "../core/supervisor.ts";

/** One step of a reload with the sentence that `reload --plan` prints. */
export interface ReloadStep extends WorkerChange {
  readonly sentence: string;
}

/** What a reload would do. */
export interface ReloadPlan {
  /** In the order to apply; Workers come after those they need. */
  readonly steps: readonly ReloadStep[];
  /** Why this reload cannot be applied while the gateway runs; empty when it can. */
  readonly faults: readonly string[];
}

/**
 * Compares the Workers of the running site with those of the new one. A Worker's permissions cannot grow while it runs,
 * so one whose permissions (and with them its listen addresses) or entry file changed is replaced beside its old self.
 */
export function planReload(before: readonly WorkerSpec[], after: readonly WorkerSpec[]): ReloadPlan {
  const old = new Map(before.map((spec) => [spec.name, spec]));
  const names = new Set(after.map(({ name }) => name));
  const steps = [
    ...inOrder(after).map((spec) => planWorker(old.get(spec.name), spec)),
    ...before.filter(({ name }) => !names.has(name)).map((spec): ReloadStep => ({
      action: "stop",
      spec,
      sentence: `${spec.name}: stops; its connections end and are not accepted again`,
    })),
  ];
  const hub = steps.find(({ action, spec }) => spec.name === HUB && action !== "keep" && action !== "reconfigure");
  const faults = hub
    ? [`${hub.sentence}. Only one ${HUB} may hold the store, so this needs a restart of the gateway`]
    : [];
  return { steps, faults };
}

function planWorker(old: WorkerSpec | undefined, spec: WorkerSpec): ReloadStep {
  const { name } = spec;
  if (!old) return { action: "start", spec, sentence: `${name}: starts; nothing drops` };
  const reasons = permissionChanges(old.permissions, spec.permissions);
  if (old.module.href !== spec.module.href) reasons.push("runs another program");
  if (reasons.length > 0) {
    const sentence = `${name}: is replaced because it ${reasons.join(", ")}; new connections go to its successor, ` +
      "its present connections are drained and drop";
    return { action: "replace", spec, sentence };
  }
  if (canonical(old.config) !== canonical(spec.config)) {
    return { action: "reconfigure", spec, sentence: `${name}: takes its new configuration; nothing drops` };
  }
  return { action: "keep", spec, sentence: `${name}: stays as it is` };
}

/** What a Worker gains and loses, in words: "gains net 10.0.0.9:443". */
function permissionChanges(old: WorkerPermissions, next: WorkerPermissions): string[] {
  return (["net", "read", "write", "env", "sys"] as const).flatMap((key) => {
    const had = new Set(old[key] ?? []);
    const has = new Set(next[key] ?? []);
    const gains = [...has.difference(had)].map((value) => `gains ${key} ${value}`);
    const loses = [...had.difference(has)].map((value) => `loses ${key} ${value}`);
    return [...gains, ...loses];
  });
}

/** JSON with sorted keys, so that the order of keys in site.yaml does not matter. Absent and undefined are the same. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "";
}

/** The specs so that each comes after those named in its `after`; a circle keeps the given order. */
function inOrder(specs: readonly WorkerSpec[]): WorkerSpec[] {
  const done = new Set<WorkerSpec>();
  const visit = (spec: WorkerSpec) => {
    if (ordered.has(spec)) return;
    ordered.add(spec);
    for (const other of specs) if (spec.after.includes(other.name)) visit(other);
    done.add(spec);
  };
  const ordered = new Set<WorkerSpec>();
  for (const spec of specs) visit(spec);
  return [...done];
}
