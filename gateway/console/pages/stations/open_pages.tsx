import { CAPABILITIES, type Capability, DEVICE_ROLES, type DeviceRole } from "../../../../policies/access_types.ts";
import { addRequest, explainAccess } from "../../api/access.ts";
import { listDevicePages, openDevicePage, reopenDevicePage } from "../../api/devices.ts";
import { Field, Select, TOKEN_FIELD } from "../../components/form.tsx";
import { Card, Empty, Notice, State, type Tone } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import { capabilityWord, deviceRoleWord } from "../access/grant_words.ts";
import { openPart } from "./open_part.tsx";
import { PAGES_TEXTS } from "./pages_texts.ts";

/** What a person may do as one account of a device: now, after a second step, after approval, or not at all. */
type Chance = "mayAsk" | "mayFactor" | "mayNot" | "mayNow";

/** What one account would allow. */
export interface Option {
  readonly deviceRole: DeviceRole;
  readonly chance: Chance;
  /** The strongest thing that may be done with it; what the form offers first. */
  readonly capability: Capability;
  /** Set when the key switch at the box closes everything: why, in control's words. */
  readonly shut?: string | undefined;
}

/** Looked for in this order: who may change something opens the page for that, not for looking only. */
const STRONGEST: readonly Capability[] = ["edit", "view"];
const RANK: readonly Chance[] = ["mayNow", "mayFactor", "mayAsk", "mayNot"];

/** Where a person opens the pages of a station's controller: nothing is shown for a station without pages. */
export async function PagesCard({ visit, station }: { visit: Visit; station: string }) {
  const { person, language } = visit;
  if (!person.may(listDevicePages.needs) || !person.may(openDevicePage.needs)) return null;
  const pages = (await listDevicePages.call(person, {})).find((each) => each.station === station);
  if (!pages) return null;
  const options = await optionsOf(visit, station, pages.roles.length > 0 ? pages.roles : DEVICE_ROLES);
  const t = PAGES_TEXTS.in(language);
  const shut = options.find((option) => option.shut !== undefined)?.shut;
  return (
    <Card
      title={t("title")}
      lead={t("lead", { driver: pages.title })}
      aside={pages.cleartext ? <State tone="warn">{t("cleartext")}</State> : undefined}
    >
      {pages.recorded && (
        <p class="small">
          <State tone="warn" icon="audit">
            {t("recorded", { roles: pages.recorded.map((role) => deviceRoleWord(role, language)).join(", ") })}
          </State>
        </p>
      )}
      <div sse-swap="pages" hx-swap="innerHTML">
        {await openPart(visit)}
      </div>
      {shut === undefined ? <Options visit={visit} options={options} /> : (
        <Notice tone="warn" live>
          <span lang="en">{shut}</span>
        </Notice>
      )}
      {options.some(({ chance }) => chance !== "mayNot")
        ? <OpenForm visit={visit} station={station} options={options} />
        : <Empty icon="lock" title={t("nobody")}>{t("nobodyDo")}</Empty>}
    </Card>
  );
}

/** What each account would allow now, by control's own decision. */
async function optionsOf(visit: Visit, station: string, roles: readonly DeviceRole[]): Promise<readonly Option[]> {
  if (!visit.person.may(explainAccess.needs)) return [];
  return await Promise.all(roles.map(async (deviceRole): Promise<Option> => {
    const tried = await Promise.all(STRONGEST.map(async (capability) => {
      const { decision } = await explainAccess.call(visit.person, { station, deviceRole, capability });
      const shut = decision.rule === "access.key-switch" ? String(decision["reason"]) : undefined;
      return { deviceRole, capability, chance: chanceOf(decision), shut };
    }));
    return tried.toSorted((a, b) => RANK.indexOf(a.chance) - RANK.indexOf(b.chance))[0]!;
  }));
}

/** What a decision of control means to a person. */
export function chanceOf(decision: { readonly effect: string; readonly next?: unknown }): Chance {
  if (decision.effect === "allow") return "mayNow";
  const kind = (decision.next as { readonly kind?: string } | undefined)?.kind;
  return kind === "request" ? "mayAsk" : kind === "second-factor" ? "mayFactor" : "mayNot";
}

const TONES: Readonly<Record<Chance, Tone>> = { mayNow: "good", mayFactor: "info", mayAsk: "info", mayNot: "off" };

function Options({ visit: { language }, options }: { visit: Visit; options: readonly Option[] }) {
  const t = PAGES_TEXTS.in(language);
  return (
    <ul class="plain chances">
      {options.map(({ deviceRole, chance, capability }) => (
        <li>
          <State tone={TONES[chance]} {...chance === "mayNot" ? { icon: "lock" as const } : {}}>
            {deviceRoleWord(deviceRole, language)}:{" "}
            {chance === "mayNot" ? t("mayNot") : `${capabilityWord(capability, language)}, ${t(chance)}`}
          </State>
        </li>
      ))}
    </ul>
  );
}

/** What opens soonest first; of these, what may be changed. */
function byUse(a: Option, b: Option): number {
  return RANK.indexOf(a.chance) - RANK.indexOf(b.chance) ||
    STRONGEST.indexOf(a.capability) - STRONGEST.indexOf(b.capability);
}

function OpenForm({ visit, station, options }: { visit: Visit; station: string; options: readonly Option[] }) {
  const { token, language } = visit;
  const t = PAGES_TEXTS.in(language);
  const useful = options.filter(({ chance }) => chance !== "mayNot");
  const best = useful.toSorted(byUse)[0]!;
  const has = (...chances: readonly Chance[]) => useful.some(({ chance }) => chances.includes(chance));
  const base = `/stations/${encodeURIComponent(station)}`;
  return (
    <form method="post" action={`${base}/pages`} target="_blank" rel="noopener">
      <input type="hidden" name={TOKEN_FIELD} value={token} />
      <div class="fields">
        <Select
          name="deviceRole"
          scope="pages"
          label={t("as")}
          options={useful.map(({ deviceRole }) => ({ value: deviceRole, text: deviceRoleWord(deviceRole, language) }))}
          value={best.deviceRole}
        />
        <Select
          name="capability"
          scope="pages"
          label={t("what")}
          options={PAGE_CAPABILITIES.map((value) => ({ value, text: capabilityWord(value, language) }))}
          value={best.capability}
        />
        <Field name="reason" scope="pages" label={t("reason")} required maxlength={200} hint={t("reasonHint")} />
        <Field name="minutes" scope="pages" label={t("minutes")} type="number" value="60" required />
        <div class="buttons">
          {has("mayNow", "mayFactor") && <button type="submit" class="button">{t("open")}</button>}
          {has("mayAsk") && (
            <button type="submit" class="button quiet" formaction={`${base}/ask`} formtarget="_self">{t("ask")}</button>
          )}
        </div>
        <p class="small muted">{t("newTab")}</p>
      </div>
    </form>
  );
}

/** What pages can be opened for; a tunnel is no page. */
const PAGE_CAPABILITIES = CAPABILITIES.filter((capability) => capability !== "tunnel");

/** The forms of the card. */
export const PAGES_ACTS = [
  act(
    "/stations/:station/pages",
    openDevicePage,
    (visit, { ticket }, { station }) => leave(visit, station, ticket.url),
  ),
  act("/stations/:station/ask", addRequest, (visit, _, { station }) => ({
    see: `/stations/${encodeURIComponent(station)}`,
    flash: { tone: "good", text: PAGES_TEXTS.in(visit.language)("asked", { station }) },
  })),
  act("/access/open/:lease/pages", reopenDevicePage, (visit, { url }) => leave(visit, new URL(url).hostname, url)),
];

/** Goes on to a page of a controller: another origin, so a form cannot be redirected there (form-action 'self'). */
export function leave(visit: Visit, station: string, url: string): Answer {
  const t = PAGES_TEXTS.in(visit.language);
  return { go: url, title: t("opening", { station }), lead: t("openingLead"), link: t("goOn") };
}
