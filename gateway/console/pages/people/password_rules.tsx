import type { PasswordPolicy } from "../../api/people.ts";
import { Card, State, Table } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { PEOPLE } from "./texts.ts";

/** What is compared, in this order; the keys are those of control. */
const ROWS = [
  "length",
  "with a second factor",
  "digit",
  "upper case",
  "lower case",
  "special",
  "refused words",
] as const;

/** The presets for passwords side by side, so that an auditor sees what holds here and what else there is. */
export function PasswordRules({ visit, policy: { inForce, presets } }: { visit: Visit; policy: PasswordPolicy }) {
  const t = PEOPLE.in(visit.language);
  const word = (value: string) => value === "yes" ? t("preset.yes") : value === "no" ? t("preset.no") : value;
  const range = (value: string) => value.replace(" to ", ` ${t("preset.to")} `);
  return (
    <Card title={t("presets")} lead={t("presetsLead")} flush>
      <Table
        caption={t("presets")}
        rows={[...ROWS, "source"] as const}
        columns={[
          { head: t("preset.rule"), cell: (row) => t(`preset.${row}`) },
          ...presets.map((preset) => ({
            head: preset.preset === inForce ? `${preset.preset} (${t("preset.inForce")})` : preset.preset,
            cell: (row: typeof ROWS[number] | "source") => {
              const value = preset[row];
              if (row === "source") return <span class="small" lang="en">{value}</span>;
              if (value === "any") return t("preset.any");
              if (value !== "yes" && value !== "no") return <span class="mono">{range(value)}</span>;
              return <State tone={value === "yes" ? "good" : "off"}>{word(value)}</State>;
            },
          })),
        ]}
      />
    </Card>
  );
}
