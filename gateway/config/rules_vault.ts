import type { Fault } from "./fault.ts";
import type { SiteRule } from "./site_rule.ts";

const deliver: SiteRule = {
  name: "escrows are delivered where backups go",
  reads: ["vault", "backup"],
  check: ({ vault: { escrow }, backup }) => {
    const faults: Fault[] = [];
    if (escrow.deliver === "backup-targets" && !backup) {
      const path = ["vault", "escrow", "deliver"];
      faults.push({ path, wrong: "needs a section backup with targets", wanted: "backup, or deliver: by-hand" });
    }
    return faults;
  },
};

/** Checks of the vault of device secrets. */
export const VAULT_RULES: readonly SiteRule[] = [deliver];
