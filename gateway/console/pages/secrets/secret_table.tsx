import {
  confirmSecret,
  importSecret,
  retrySecret,
  revealSecret,
  rotateSecret,
  type SecretRow,
} from "../../api/secrets.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Empty, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { SECRETS } from "./texts.ts";

const TONES: Readonly<Record<SecretRow["state"], Tone>> = {
  due: "warn",
  escrow: "warn",
  file: "off",
  held: "bad",
  person: "warn",
  rotating: "info",
  settled: "good",
  split: "bad",
  unsettled: "warn",
};
const HAS = ["in force", "that of its file", "the new one", "the one before", "not known"] as const;
const REASONS = ["age", "asked", "brought", "left", "part-gone", "regrouped", "revealed"] as const;

/** How each secret stands, with what a person may do about it. */
export function SecretTable({ visit, rows }: { visit: Visit; rows: readonly SecretRow[] }) {
  const t = SECRETS.in(visit.language);
  return (
    <Table
      caption={t("title")}
      rows={rows}
      empty={<Empty icon="key" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("secret"),
          cell: ({ subject, slot }) => (
            <>
              <strong>{subject}</strong>
              <div class="small">{t(`slot.${slot}`)}</div>
            </>
          ),
        },
        { head: t("state"), cell: (row) => <Standing visit={visit} row={row} /> },
        { head: t("age"), cell: (row) => <Age visit={visit} row={row} /> },
        { head: t("copy"), cell: (row) => <Held visit={visit} row={row} /> },
        { head: t("acts"), cell: (row) => <Acts visit={visit} row={row} /> },
      ]}
    />
  );
}

function Standing({ visit, row: { state, controllers, last } }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language);
  const word = (has: string) => {
    const known = HAS.find((one) => one === has);
    return known ? t(`has.${known}`) : has;
  };
  return (
    <>
      <State tone={TONES[state]}>{t(`state.${state}`)}</State>
      {controllers.length > 1 || state !== "settled"
        ? controllers.map(({ station, has, why }) => (
          <div class="small">
            {station} {word(has)}
            {why && <span class="muted" lang="en">: {why}</span>}
          </div>
        ))
        : null}
      {last?.outcome === "rolled-back" && (
        <div class="small muted">
          {t("lastFailed")}
          {last.why && <span lang="en">: {last.why}</span>}
        </div>
      )}
    </>
  );
}

/** Since when it is in force, and when it is changed next. */
function Age({ visit, row: { since, dueAt, dueReason } }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language), reason = REASONS.find((one) => one === dueReason);
  if (since === undefined) return <span class="muted">-</span>;
  return (
    <>
      <Ago at={since} style={visit.time} />
      {dueAt !== undefined && (
        <div class="small">
          {t("next")} <Time at={dueAt} style={visit.time} />{" "}
          {reason && <span class="muted">({t(`reason.${reason}`)})</span>}
        </div>
      )}
    </>
  );
}

/** Who has it: a copy off the box, and people. */
function Held({ visit, row: { state, isCovered, knownTo } }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language);
  if (state === "file") return <span class="muted">-</span>;
  return (
    <>
      <State tone={isCovered ? "good" : "warn"}>{isCovered ? t("yes") : t("no")}</State>
      {knownTo.length > 0 && <div class="small">{t("knownTo")}: {knownTo.join(", ")}</div>}
    </>
  );
}

function Acts({ visit, row }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language), { person, token } = visit, { subject, slot, state } = row;
  const at = (name: string) => `/secrets/${encodeURIComponent(name)}/${slot}`;
  const isMoving = !["due", "file", "settled"].includes(state), scope = `${subject}-${slot}`;
  return (
    <div class="buttons">
      {state === "person" && person.may(confirmSecret.needs) && <Confirm visit={visit} row={row} />}
      {(state === "held" || state === "split") && person.may(retrySecret.needs) &&
        row.controllers.filter(({ step }) => step !== "done").map(({ station }) => (
          <Form action={`${at(station)}/retry`} token={token}>
            <Submit small>{t("retry")}</Submit>
          </Form>
        ))}
      {!isMoving && person.may(rotateSecret.needs) && (
        <Form action={`${at(subject)}/rotate`} token={token}>
          <Submit kind="quiet" small>{t("rotate")}</Submit>
        </Form>
      )}
      {state !== "file" && person.may(revealSecret.needs) && (
        <Disclosure summary={t("reveal")} small>
          <Form action={`${at(subject)}/reveal`} token={token}>
            <p class="small">{t("revealLead")}</p>
            <Field name="reason" label={t("reason")} hint={t("reasonHint")} scope={scope} required maxlength={200} />
            <Submit small>{t("reveal")}</Submit>
          </Form>
        </Disclosure>
      )}
      {person.may(importSecret.needs) && state !== "rotating" && state !== "escrow" && (
        <Import visit={visit} row={row} />
      )}
    </div>
  );
}

function Confirm({ visit, row: { controllers, slot, subject } }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language);
  const waiting = controllers.find(({ step }) => step !== "done") ?? controllers[0];
  if (!waiting) return null;
  return (
    <Disclosure summary={t("confirm")} small>
      <Form action={`/secrets/${encodeURIComponent(waiting.station)}/${slot}/confirm`} token={visit.token}>
        <p class="small">{waiting.station}</p>
        <Field name="reason" label={t("why")} scope={`confirm-${subject}-${slot}`} maxlength={200} />
        <Submit small name="done" value="yes">{t("confirmDone")}</Submit>
        <Submit kind="danger" small name="done" value="no">{t("confirmFailed")}</Submit>
      </Form>
    </Disclosure>
  );
}

function Import({ visit, row: { controllers, slot, subject } }: { visit: Visit; row: SecretRow }) {
  const t = SECRETS.in(visit.language), [first] = controllers;
  if (!first) return null;
  const station = (controllers.find(({ has }) => has === "not known") ?? first).station;
  return (
    <Disclosure summary={t("import")} small>
      <Form action={`/secrets/${encodeURIComponent(station)}/${slot}/import`} token={visit.token}>
        <p class="small">{station}: {t("importLead")}</p>
        <Field
          name="secret"
          label={t("value")}
          type="password"
          autocomplete="off"
          scope={`import-${subject}-${slot}`}
          required
          maxlength={200}
        />
        <Submit small>{t("import")}</Submit>
      </Form>
    </Disclosure>
  );
}
