import type { z } from "zod";
import { BUILT_IN_RULES } from "../../../../policies/built_in_rules.ts";
import { explainAccess, type Explained } from "../../api/access.ts";
import { type ExplainedMessage, explainOcppMessage, listOcppRules, type Rules } from "../../api/policies.ts";
import { Field, Select } from "../../components/form.tsx";
import { Card, Empty, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { writeTime } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { momentOfWallTime } from "../../../core/zoned_time.ts";
import { refusalOf } from "../../http/fault.ts";
import { capabilityOptions, capabilityWord, deviceRoleOptions, deviceRoleWord } from "../access/grant_words.ts";
import type { Page } from "../page.ts";
import { POLICIES } from "./texts.ts";

/** Rules in force, and the simulators that say what they would decide and why. */
export const policies: Page = {
  path: "/policies",
  title: { en: "Policies", de: "Regeln" },
  nav: { group: "security", icon: "policy" },
  needs: explainAccess.needs,
  show: async (visit) => {
    const t = POLICIES.in(visit.language);
    const { person } = visit;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("access")} lead={t("accessLead")}>
            <AccessForm visit={visit} />
            {visit.query.get("ask") === "access" && <AccessAnswer visit={visit} />}
          </Card>
          {person.may(explainOcppMessage.needs) && (
            <Card title={t("message")} lead={t("messageLead")}>
              <MessageForm visit={visit} />
              {visit.query.get("ask") === "message" && <MessageAnswer visit={visit} />}
            </Card>
          )}
          {person.may(listOcppRules.needs) && <OwnRules visit={visit} own={await listOcppRules.call(person, {})} />}
          <BuiltIn visit={visit} />
        </div>
      ),
    };
  },
};

/** What a short question leaves out. */
const USUAL = { deviceRole: "installer", capability: "view" } as const;

/** What stands in the address, so that a question can be sent to somebody. */
function asked({ query }: Visit, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, query.get(name) ?? ""] as const).filter(([, value]) => value !== "");
  return Object.fromEntries(given);
}

function AccessForm({ visit }: { visit: Visit }) {
  const t = POLICIES.in(visit.language);
  const { query } = visit;
  return (
    <form method="get" action="/policies">
      <input type="hidden" name="ask" value="access" />
      <div class="fields inline">
        <Field
          name="person"
          scope="a"
          label={t("person")}
          value={query.get("person") ?? visit.person.session.person}
          maxlength={64}
        />
        <Field
          name="station"
          scope="a"
          label={t("stationOrUnit")}
          value={query.get("station") ?? ""}
          required
          maxlength={48}
        />
        <Select
          name="deviceRole"
          scope="a"
          label={t("deviceRole")}
          options={deviceRoleOptions(visit.language)}
          value={query.get("deviceRole") ?? USUAL.deviceRole}
        />
        <Select
          name="capability"
          scope="a"
          label={t("capability")}
          options={capabilityOptions(visit.language)}
          value={query.get("capability") ?? USUAL.capability}
        />
        <Field name="at" scope="a" type="datetime-local" label={t("at")} value={query.get("at") ?? ""} />
        <Field name="from" scope="a" label={t("from")} value={query.get("from") ?? ""} maxlength={45} />
        <div class="buttons">
          <button type="submit" class="button">{t("ask")}</button>
        </div>
      </div>
    </form>
  );
}

async function AccessAnswer({ visit }: { visit: Visit }) {
  const question = asked(visit, ["person", "station", "deviceRole", "capability", "at", "from"]);
  const at = question["at"] === undefined ? {} : { at: inSiteTime(question["at"], visit) };
  const input = explainAccess.input.safeParse({ ...USUAL, ...question, ...at });
  return await answerOf(input, async (value) => {
    const { decision, text }: Explained = await explainAccess.call(visit.person, value);
    const asks = questionOf(visit, value);
    return <Verdict visit={visit} asks={asks} allows={decision.effect === "allow"} rule={decision.rule} text={text} />;
  });
}

/** A browser sends what the clock on the wall shows; what is no such time is judged as it came. */
function inSiteTime(text: string, { site }: Visit): string {
  const at = momentOfWallTime(text, site.timeZone);
  return at === undefined ? text : new Date(at).toISOString();
}

/** "May anna open bay-07 as installer now?" in the person's language. */
function questionOf(
  visit: Visit,
  { person, station, deviceRole, capability, at }: z.infer<typeof explainAccess.input>,
) {
  const { language } = visit, t = POLICIES.in(language);
  return t("question", {
    person: person ?? visit.person.session.person,
    station,
    role: deviceRoleWord(deviceRole, language),
    capability: capabilityWord(capability, language),
    when: at === undefined ? t("now") : t("then", { time: writeTime(new Date(at), visit.time) }),
  });
}

function MessageForm({ visit }: { visit: Visit }) {
  const t = POLICIES.in(visit.language);
  const { query } = visit;
  const directions = [{ value: "from-csms", text: t("fromCsms") }, { value: "from-station", text: t("fromStation") }];
  return (
    <form method="get" action="/policies">
      <input type="hidden" name="ask" value="message" />
      <div class="fields">
        <div class="fields inline">
          <Field
            name="station"
            scope="m"
            label={t("station")}
            value={query.get("station") ?? ""}
            required
            maxlength={48}
          />
          <Select
            name="direction"
            scope="m"
            label={t("direction")}
            options={directions}
            value={query.get("direction") ?? ""}
          />
          <Field
            name="action"
            scope="m"
            label={t("action")}
            placeholder="UpdateFirmware"
            value={query.get("action") ?? ""}
            required
            maxlength={64}
          />
          <Field
            name="at"
            scope="m"
            label={t("weekTime")}
            placeholder="mon 22:30"
            value={query.get("ask") === "message" ? query.get("at") ?? "" : ""}
            maxlength={20}
          />
        </div>
        <Field name="payload" scope="m" label={t("payload")} rows={3} value={query.get("payload") ?? ""} />
        <div class="buttons">
          <button type="submit" class="button">{t("ask")}</button>
        </div>
      </div>
    </form>
  );
}

async function MessageAnswer({ visit }: { visit: Visit }) {
  const input = explainOcppMessage.input.safeParse(asked(visit, ["station", "direction", "action", "payload", "at"]));
  return await answerOf(input, async (value) => {
    const { decision, text }: ExplainedMessage = await explainOcppMessage.call(visit.person, value);
    return <Verdict visit={visit} allows={decision.effect === "allow"} rule={decision.rule} text={text} />;
  });
}

/** A question that cannot be answered is said beside the form, which keeps what was entered. */
async function answerOf<T>(
  input: {
    readonly success: boolean;
    readonly data?: T;
    readonly error?: { readonly issues: readonly { message: string; path: PropertyKey[] }[] };
  },
  answer: (value: T) => Promise<unknown>,
) {
  if (!input.success) {
    const { path, message } = input.error!.issues[0]!;
    return (
      <Notice tone="bad" live>
        <span lang="en">{path.join(".")}: {message}</span>
      </Notice>
    );
  }
  try {
    return await answer(input.data!) as never;
  } catch (error) {
    const { what, next, status } = refusalOf(error);
    if (status >= 500 || status === 401) throw error;
    return (
      <Notice tone="bad" live>
        <span lang="en">{what} {next ?? ""}</span>
      </Notice>
    );
  }
}

function Verdict(
  { visit, asks, allows, rule, text }: { visit: Visit; asks?: string; allows: boolean; rule: string; text: string },
) {
  const t = POLICIES.in(visit.language);
  return (
    <div class="stack" role="status">
      {asks !== undefined && (
        <p>
          <strong>{asks}</strong>
        </p>
      )}
      <p>
        <State tone={allows ? "good" : "bad"}>{t(allows ? "allowed" : "refused")}</State> {t("by")} <code>{rule}</code>
      </p>
      <pre lang="en" tabindex={0}>{text}</pre>
    </div>
  );
}

function OwnRules({ visit, own }: { visit: Visit; own: Rules }) {
  const t = POLICIES.in(visit.language);
  const mode = own.rules === null
    ? undefined
    : <State tone={own.mode === "enforce" ? "good" : "warn"}>{t(own.mode)}</State>;
  return (
    <Card title={t("own")} lead={t("ownLead")} flush aside={mode}>
      <Table
        caption={t("own")}
        rows={own.rules ?? []}
        empty={<Empty icon="policy" title={t("noOwn")}>{t("noOwnDo")}</Empty>}
        columns={[
          { head: t("rule"), cell: ({ id }) => <code>{id}</code> },
          {
            head: t("effect"),
            cell: ({ effect }) => <State tone={effect === "allow" ? "good" : "bad"}>{t(effect)}</State>,
          },
          { head: t("because"), cell: ({ because }) => because },
        ]}
      />
    </Card>
  );
}

function BuiltIn({ visit }: { visit: Visit }) {
  const t = POLICIES.in(visit.language);
  return (
    <Card title={t("builtIn")} lead={t("builtInLead")} flush>
      <Table
        caption={t("builtIn")}
        rows={BUILT_IN_RULES}
        columns={[
          { head: t("rule"), cell: ({ rule }) => <code>{rule}</code> },
          { head: t("who"), cell: ({ who }) => <span lang="en">{who}</span> },
          { head: t("what"), cell: ({ what }) => <span lang="en">{what}</span> },
          { head: t("answer"), cell: ({ answer }) => <span lang="en">{answer}</span> },
        ]}
      />
    </Card>
  );
}
