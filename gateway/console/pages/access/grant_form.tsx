import { ROLES } from "../../../core/people_api.ts";
import { Checkbox, Disclosure, Field, Form, type Option, Select, Submit } from "../../components/form.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { capabilityOptions, dayOptions, describeWhen, deviceRoleOptions } from "./grant_words.ts";
import { ACCESS } from "./texts.ts";

/** A new grant. */
export function GrantForm({ visit }: { visit: Visit }) {
  const t = ACCESS.in(visit.language);
  const role = COMMON.in(visit.language);
  const roles = [{ value: "", text: t("anyRole") }, ...ROLES.map((value) => ({ value, text: role(`role.${value}`) }))];
  const whens = (["request", "always", "schedule"] as const).map((kind) => ({
    value: kind,
    text: kind === "schedule"
      ? describeWhen({ kind, from: "06:00", to: "20:00" }, visit.language)
      : describeWhen({ kind }, visit.language),
  }));
  return (
    <Disclosure summary={t("add")}>
      <Form action="/access/grants" token={visit.token}>
        <div class="fields inline">
          <Field name="id" label={t("id")} hint={t("idHint")} required maxlength={64} />
          <Field name="because" label={t("because")} hint={t("becauseHint")} required maxlength={200} />
        </div>
        <fieldset>
          <legend>{t("who")}</legend>
          <p class="small muted">{t("whoHint")}</p>
          <div class="fields inline">
            <Field name="person" label={t("person")} maxlength={64} />
            <Field name="group" label={t("group")} maxlength={64} />
            <Select name="role" label={t("role")} options={roles} />
          </div>
        </fieldset>
        <fieldset>
          <legend>{t("stations")}</legend>
          <Checkbox name="allStations" label={t("allStations")} />
          <Field name="stations" label={t("stationIds")} hint={t("stationIdsHint")} />
        </fieldset>
        <div class="fields inline">
          <Choices legend={t("deviceRole")} name="deviceRoles" options={deviceRoleOptions(visit.language)} />
          <Choices legend={t("capabilities")} name="capabilities" options={capabilityOptions(visit.language)} />
        </div>
        <div class="fields inline">
          <Select name="when" label={t("when")} options={whens} />
          <Field name="from" label={t("from")} placeholder="06:00" maxlength={5} />
          <Field name="to" label={t("to")} placeholder="20:00" maxlength={5} />
          <Field name="maxMinutes" label={t("maxMinutes")} type="number" value="60" required />
        </div>
        <Choices legend={t("days")} name="days" options={dayOptions(visit.language)} />
        <Checkbox name="secondFactor" label={t("needFactor")} checked />
        <Checkbox name="oldPages" label={t("oldPages")} />
        <Submit>{t("add")}</Submit>
      </Form>
    </Disclosure>
  );
}

/** Boxes to tick under one name. */
export function Choices({ legend, name, options }: { legend: string; name: string; options: readonly Option[] }) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map(({ value, text }) => <Checkbox name={name} value={value} label={text} />)}
    </fieldset>
  );
}
