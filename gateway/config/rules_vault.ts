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

const groups: SiteRule = {
  name: "groups of secrets name units that are there, once, and have names of their own",
  reads: ["vault", "stations"],
  check: ({ vault, stations }) => {
    const units = new Set(stations.map(({ unit, id }) => unit ?? id)), ids = new Set(stations.map(({ id }) => id));
    const taken = new Map<string, number>(), wholes = new Map<string, number>();
    return vault.groups.flatMap((group, at): Fault[] => {
      const path = ["vault", "groups", at], faults: Fault[] = [];
      const isTaken = units.has(group.id) || ids.has(group.id) ||
        vault.groups.findIndex(({ id }) => id === group.id) < at;
      if (isTaken) {
        const wrong = `"${group.id}" is the name of a unit, a station or another group`;
        faults.push({ path: [...path, "id"], wrong, wanted: "a name of its own" });
      }
      for (const slot of group.slots) {
        const whole = wholes.get(slot);
        if (whole !== undefined) {
          const wrong = `groups[${whole}] has the ${slot} of all units before it`;
          faults.push({ path, wrong, wanted: "the group with units: all last" });
        }
        if (group.units === "all") wholes.set(slot, at);
      }
      if (group.units === "all") return faults;
      group.units.forEach((unit, index) => {
        const place = [...path, "units", index];
        if (!units.has(unit)) {
          const wrong = ids.has(unit) ? `"${unit}" is a part of a unit` : `there is no unit or station "${unit}"`;
          faults.push({ path: place, wrong, wanted: "a unit as under stations[].unit, or a station without one" });
        }
        for (const slot of group.slots) {
          const first = taken.get(`${unit}\n${slot}`);
          if (first === undefined) taken.set(`${unit}\n${slot}`, at);
          else {faults.push({
              path: place,
              wrong: `groups[${first}] has its ${slot}`,
              wanted: "each secret in one group",
            });}
        }
      });
      return faults;
    });
  },
};

/** Checks of the vault of device secrets. */
export const VAULT_RULES: readonly SiteRule[] = [deliver, groups];
