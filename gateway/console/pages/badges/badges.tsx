import {
  allowBadge,
  type BadgeRow,
  blockBadge,
  forgetBadge,
  importBadges,
  listBadges,
  renewBadge,
  unblockBadge,
} from "../../api/badges.ts";
import { Card, Empty, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { BadgeForms } from "./badge_forms.tsx";
import { BADGES } from "./texts.ts";

/** What control says of it is the answer: whom it could not tell yet, what is asked to stop. */
const said = (_: Visit, { text }: { readonly text: string }): Answer => ({
  see: "/badges",
  flash: { tone: "good", text },
});

/** Badges that are refused, and those that count while a CSMS is away (EV-24). */
export const badges: Page = {
  path: "/badges",
  title: { en: "Badges", de: "Karten" },
  nav: { group: "security", icon: "badge" },
  needs: listBadges.needs,
  show: async (visit) => {
    const t = BADGES.in(visit.language);
    const rows = await listBadges.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("entries")} flush>
            <BadgeTable visit={visit} rows={rows} />
          </Card>
          <BadgeForms visit={visit} />
        </div>
      ),
    };
  },
  acts: [
    act("/badges/block", blockBadge, said),
    act("/badges/unblock", unblockBadge, said),
    act("/badges/renew", renewBadge, said),
    act("/badges/allow", allowBadge, said),
    act("/badges/forget", forgetBadge, said),
    act("/badges/import", importBadges, said),
  ],
};

function BadgeTable({ visit, rows }: { visit: Visit; rows: readonly BadgeRow[] }) {
  const t = BADGES.in(visit.language);
  return (
    <Table
      caption={t("entries")}
      rows={rows}
      empty={<Empty icon="badge" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        { head: t("hash"), cell: ({ hash }) => <span class="mono">{hash}</span> },
        {
          head: t("list"),
          cell: ({ list }) => <State tone={list === "blocked" ? "bad" : "good"}>{t(`list.${list}`)}</State>,
        },
        {
          head: t("reason"),
          cell: ({ note, renewedBy }) => (
            <>
              {note}
              {renewedBy && <div class="small muted">{t("renewed", { hash: renewedBy })}</div>}
            </>
          ),
        },
        { head: t("since"), cell: ({ since }) => <Time at={since} style={visit.time} dateOnly /> },
        { head: t("end"), cell: ({ until }) => until === null ? "–" : <Time at={until} style={visit.time} /> },
      ]}
    />
  );
}
