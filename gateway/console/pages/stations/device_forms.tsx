import type { Child } from "hono/jsx";
import {
  bringDeviceFirmware,
  checkDeviceDefaults,
  type DeviceCapabilities,
  downloadFromDevice,
  importDeviceSettings,
  proveDeviceAccount,
  readDeviceSettings,
  readDeviceVersion,
  rebootDevice,
  setDevicePassword,
} from "../../api/device_work.ts";
import { listImages } from "../../api/images.ts";
import { Checkbox, Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { deviceRoleOptions } from "../access/grant_words.ts";
import { DEVICE } from "./device_texts.ts";

interface FormsProps {
  readonly visit: Visit;
  readonly station: string;
  readonly known: DeviceCapabilities;
}

const pathOf = (station: string, verb: string) => `/stations/${encodeURIComponent(station)}/device/${verb}`;

/** What changes nothing at the controller, as far as its driver can and the person may. */
export function LookCard({ visit: { language, person, token }, station, known: { can, prove } }: FormsProps) {
  const t = DEVICE.in(language);
  const form = (verb: string, children: Child) => (
    <Form action={pathOf(station, verb)} token={token}>
      {children}
    </Form>
  );
  const files = (["logs", "configuration"] as const).filter((what) => can.includes(what));
  return (
    <Card title={t("look")} lead={t("lookLead")}>
      {can.includes("version") && person.may(readDeviceVersion.needs) &&
        form("version", <Submit kind="quiet">{t("askVersion")}</Submit>)}
      {person.may(downloadFromDevice.needs) &&
        files.map((what) => form("download", <Submit kind="quiet" name="what" value={what}>{t(what)}</Submit>))}
      {can.includes("read") && person.may(readDeviceSettings.needs) && (
        <Disclosure summary={t("read")}>
          {form(
            "settings",
            <>
              <Field name="keys" label={t("keys")} hint={t("keysHint")} maxlength={2_000} mono />
              <Submit>{t("read")}</Submit>
            </>,
          )}
        </Disclosure>
      )}
      {prove && person.may(proveDeviceAccount.needs) && (
        <Disclosure summary={t("prove")}>
          {form(
            "prove",
            <>
              <Select
                name="role"
                label={t("role")}
                options={deviceRoleOptions(language)}
                value="operator"
                scope="prove"
              />
              <Submit>{t("prove")}</Submit>
            </>,
          )}
        </Disclosure>
      )}
      {prove && person.may(checkDeviceDefaults.needs) && (
        <Disclosure summary={t("check")}>
          <p class="small">{t("checkNote")}</p>
          {form("check", <Submit>{t("check")}</Submit>)}
        </Disclosure>
      )}
    </Card>
  );
}

/** What changes the controller. Control asks for a fresh proof, and a grant perhaps for another person's approval. */
export function ChangeCard({ visit, station, known }: FormsProps) {
  const t = DEVICE.in(visit.language), { person } = visit, { can, passwords } = known;
  const may = {
    firmware: can.includes("firmware") && person.may(bringDeviceFirmware.needs),
    write: can.includes("write") && person.may(importDeviceSettings.needs),
    reboot: can.includes("reboot") && person.may(rebootDevice.needs),
    password: passwords.length > 0 && person.may(setDevicePassword.needs),
  };
  if (!Object.values(may).includes(true)) return null;
  return (
    <Card title={t("change")} lead={t("changeLead")}>
      {may.firmware && (
        <Disclosure summary={t("firmware")}>
          <FirmwareForm visit={visit} station={station} />
        </Disclosure>
      )}
      {may.write && <ImportForm visit={visit} station={station} />}
      {may.password && <PasswordForm visit={visit} station={station} roles={passwords} />}
      {may.reboot && (
        <Disclosure summary={t("reboot")} kind="danger">
          <p class="small">{t("rebootNote")}</p>
          <Form action={pathOf(station, "reboot")} token={visit.token}>
            <Checkbox name="sure" label={t("rebootSure", { station })} required />
            <Because visit={visit} scope="reboot" />
            <Submit kind="danger">{t("reboot")}</Submit>
          </Form>
        </Disclosure>
      )}
    </Card>
  );
}

/** What for: a request that waits for another person shows it. */
function Because({ visit: { language }, scope }: { visit: Visit; scope: string }) {
  const t = DEVICE.in(language);
  return <Field name="because" scope={scope} label={t("because")} hint={t("becauseHint")} maxlength={200} />;
}

function ImportForm({ visit, station }: Omit<FormsProps, "known">) {
  const t = DEVICE.in(visit.language);
  return (
    <Disclosure summary={t("import")}>
      <Form action={pathOf(station, "import")} token={visit.token}>
        <Field name="file" label={t("importText")} hint={t("importHint")} rows={6} mono required />
        <Select
          name="role"
          scope="import"
          label={t("importRole")}
          options={deviceRoleOptions(visit.language)}
          value="installer"
        />
        <Because visit={visit} scope="import" />
        <Submit>{t("write")}</Submit>
      </Form>
    </Disclosure>
  );
}

function PasswordForm({ visit, station, roles }: Omit<FormsProps, "known"> & { readonly roles: readonly string[] }) {
  const t = DEVICE.in(visit.language);
  const options = deviceRoleOptions(visit.language).filter(({ value }) => roles.includes(value));
  return (
    <Disclosure summary={t("password")}>
      <p class="small">
        {t("passwordNote")} <a href="/secrets">{t("secrets")}</a>
      </p>
      <Form action={pathOf(station, "password")} token={visit.token}>
        <Select name="role" scope="password" label={t("role")} options={options} />
        <Field name="old" type="password" label={t("old")} required autocomplete="off" maxlength={200} />
        <Field name="new" type="password" label={t("next")} required autocomplete="new-password" maxlength={200} />
        <Because visit={visit} scope="password" />
        <Submit>{t("set")}</Submit>
      </Form>
    </Disclosure>
  );
}

async function FirmwareForm({ visit, station }: Omit<FormsProps, "known">) {
  const t = DEVICE.in(visit.language);
  const list = visit.person.may(listImages.needs)
    ? await listImages.call(visit.person, {}).catch(() => undefined) // the vault is away: nothing can be brought now
    : undefined;
  const images = list?.images.filter(({ state }) => state === "verified") ?? [];
  if (images.length === 0) return <p>{t("noImage")}</p>;
  return (
    <Form action={pathOf(station, "firmware")} token={visit.token}>
      <Select
        name="image"
        label={t("image")}
        options={images.map(({ sha256, vendor, version, fileName }) => ({
          value: sha256,
          text: `${vendor} ${version}, ${fileName}, ${sha256.slice(0, 12)}`,
        }))}
      />
      <Because visit={visit} scope="firmware" />
      <Submit>{t("bring")}</Submit>
    </Form>
  );
}
