import {
  acknowledgeEscrow,
  addCard,
  confirmSecret,
  importSecret,
  listCards,
  listSecrets,
  makeEscrow,
  personLeft,
  removeCard,
  retrySecret,
  revealSecret,
  rotateSecret,
} from "../../api/secrets.ts";
import { Card, PageHead, Tile } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import { writeTime } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { CardForm, Cards } from "./cards.tsx";
import { EscrowCard } from "./escrow_card.tsx";
import { BeginForm, LeaverForm } from "./forms.tsx";
import { RecoveryCard } from "./recovery_card.tsx";
import { SecretTable } from "./secret_table.tsx";
import { SECRETS } from "./texts.ts";

const PATH = "/secrets";

/** The secrets of devices: how each stands, who knows it, its change, its copies off the box, and the reset cards. */
export const secrets: Page = {
  path: PATH,
  title: { en: "Secrets", de: "Geheimnisse" },
  nav: { group: "security", icon: "key" },
  needs: listSecrets.needs,
  show: async (visit) => {
    const t = SECRETS.in(visit.language), { person } = visit;
    const { secrets: rows, escrow, recovery } = await listSecrets.call(person, {});
    const count = (...states: readonly string[]) => rows.filter(({ state }) => states.includes(state)).length;
    const uncovered = rows.filter(({ isCovered, state }) => !isCovered && state !== "file").length;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <div class="tiles">
            <Tile label={t("settled")} value={String(count("settled"))} />
            <Tile label={t("due")} value={String(count("due", "rotating", "escrow"))} />
            <Tile label={t("waiting")} value={String(count("person", "held", "split", "unsettled"))} />
            <Tile label={t("uncovered")} value={String(uncovered)} />
          </div>
          <Card flush>
            <SecretTable visit={visit} rows={rows} />
          </Card>
          {person.may(rotateSecret.needs) && <BeginForm visit={visit} />}
          <EscrowCard visit={visit} escrow={escrow} />
          <RecoveryCard visit={visit} rows={recovery} />
          {person.may(personLeft.needs) && <LeaverForm visit={visit} />}
          {person.may(listCards.needs) && <Cards visit={visit} rows={await listCards.call(person, {})} />}
          {person.may(addCard.needs) && <CardForm visit={visit} />}
        </div>
      ),
    };
  },
  acts: [
    act("/secrets/begin", rotateSecret, rotated),
    act("/secrets/:unit/:slot/rotate", rotateSecret, rotated),
    act("/secrets/:unit/:slot/reveal", revealSecret, (visit, shown) => {
      const t = SECRETS.in(visit.language), { subject: unit, slot, secrets, changedAt, steps } = shown;
      if (shown.state === "asked" || !secrets) {
        const requests = shown.requests ?? [shown.request ?? ""];
        return back(visit, t("asked", { request: requests.join(", ") }));
      }
      const title = t("shownTitle", { slot: t(`slot.${slot}`), unit });
      const when = changedAt === undefined ? "" : writeTime(new Date(changedAt), visit.time);
      const lead = changedAt === undefined ? t("shownByHand") : t("shownLead", { when });
      const lines = secrets.map(({ station, what, text }) => `${station} ${t(`what.${what}`)}  ${text}`);
      const text = [...lines, ...steps ? ["", steps[visit.language]] : []].join("\n");
      return {
        title,
        body: <ShownOnce title={title} lead={lead} text={text} links={[{ href: PATH, text: t("back") }]} />,
      };
    }),
    act(
      "/secrets/:station/:slot/confirm",
      confirmSecret,
      (visit) => back(visit, SECRETS.in(visit.language)("confirmed")),
    ),
    act("/secrets/:station/:slot/retry", retrySecret, (visit, { station }) => {
      return back(visit, SECRETS.in(visit.language)("retried", { station }));
    }),
    act("/secrets/:station/:slot/import", importSecret, (visit) => back(visit, SECRETS.in(visit.language)("imported"))),
    act("/secrets/escrow", makeEscrow, (visit, { name, file }) => {
      const t = SECRETS.in(visit.language), title = t("escrowMade"), lead = t("escrowMadeLead", { name });
      return {
        title,
        body: <ShownOnce title={title} lead={lead} text={file} links={[{ href: PATH, text: t("back") }]} />,
      };
    }),
    act("/secrets/escrow-ack", acknowledgeEscrow, (visit) => back(visit, SECRETS.in(visit.language)("escrowAcked"))),
    act("/secrets/left", personLeft, (visit, { secrets }) => {
      return back(visit, SECRETS.in(visit.language)("leftDone", { count: secrets.length }));
    }),
    act("/secrets/cards", addCard, (visit) => back(visit, SECRETS.in(visit.language)("cardAdded"))),
    act("/secrets/cards/:card/remove", removeCard, (visit) => back(visit, SECRETS.in(visit.language)("cardRemoved"))),
  ],
};

function rotated(
  visit: Visit,
  { begun, not, slot }: Awaited<ReturnType<typeof rotateSecret.call>>,
): Answer {
  const t = SECRETS.in(visit.language), [first] = not;
  if (begun.length === 0) {
    const text = t("rotateNot", { why: first?.why ?? "" });
    return { see: PATH, flash: { tone: "warn", text } };
  }
  return back(visit, t("rotated", { slot: t(`slot.${slot}`), unit: begun.slice(0, 5).join(", ") }));
}

function back(_: Visit, text: string): Answer {
  return { see: PATH, flash: { tone: "good", text } };
}
