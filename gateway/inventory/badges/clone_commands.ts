import type { CommandHandler } from "../../control/contract.ts";
import { formatTable } from "../../core/format_table.ts";
import type { BadgeUses } from "./badge_uses.ts";

/** `badge suspects`: badges that look copied, the latest first, with both places. */
export function cloneCommands(uses: Pick<BadgeUses, "suspicions">): Readonly<Record<string, CommandHandler>> {
  return {
    "badge suspects": () => {
      const found = uses.suspicions().toSorted((a, b) => b.at - a.at).map(({ hash, at, isRaised, ...one }) => ({
        ...{ hash: hash.slice(0, 8), at: new Date(at).toISOString(), kind: one.kind },
        ...{ station: one.stationId, elsewhere: one.elsewhere, times: one.times, stands: isRaised },
      }));
      if (found.length === 0) return Promise.resolve({ text: "No badge looks copied.", data: found });
      const rows = found.map((one) => [one.at, one.hash, one.kind, one.station, one.elsewhere, String(one.times)]);
      const text = formatTable(["last", "hash", "why", "at", "and at", "times"], rows);
      return Promise.resolve({ text: `${text}\n\`badge block --hash HASH\` blocks one of them.`, data: found });
    },
  };
}
