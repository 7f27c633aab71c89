import type { RpcHandlers } from "../core/rpc.ts";
import type { ControlContext } from "./contract.ts";

/** What main tells control. */
export interface ControlForMain {
  "worker.faulted": (args: { readonly worker: string; readonly fault: string }) => void;
  /** A Worker that had faults has run well for a while. */
  "worker.stable": (args: { readonly worker: string }) => void;
  /** The files are what runs: they were loaded at the start, or looked at and found to change nothing. */
  "configuration.in-force": (args: Record<never, never>) => void;
  "configuration.judged": (args: { readonly applied: boolean; readonly faults: readonly string[] }) => void;
  "process.stopping": (args: { readonly why: string }) => void;
}

/** Audits and alarms what main saw: main itself has no store. */
export function mainEvents({ audit, alarms }: ControlContext): RpcHandlers<ControlForMain> {
  const note = async (event: string, outcome: "ok" | "failed", detail: Record<string, string | number>) => {
    await audit.record({ event, class: "operation", who: "gateway", outcome, detail });
  };
  return {
    "worker.faulted": async ({ worker, fault }) => {
      await note("gateway.worker.faulted", "failed", { worker, fault: fault.slice(0, 300) });
      await alarms.raise({ kind: "worker.restarting", subject: worker, detail: fault.slice(0, 300) });
    },
    "worker.stable": ({ worker }) => alarms.clear("worker.restarting", worker),
    "configuration.in-force": () => alarms.clear("configuration.refused", "site.yaml"),
    "configuration.judged": async ({ applied, faults }) => {
      if (applied) {
        await note("gateway.configuration.applied", "ok", {});
        return await alarms.clear("configuration.refused", "site.yaml");
      }
      const detail = faults.slice(0, 5).join("\n").slice(0, 1_000);
      await note("gateway.configuration.refused", "failed", { faults: faults.length, first: detail });
      await alarms.raise({ kind: "configuration.refused", subject: "site.yaml", detail });
    },
    "process.stopping": ({ why }) => note("gateway.process.stopped", "ok", { why }),
  };
}
