import {
  issueCertificate,
  type IssuedRow,
  listCertificates,
  type ListenerRow,
  readSiteCa,
  revokeCertificate,
} from "../../api/certificates.ts";
import { Checkbox, Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { defineTexts } from "../../i18n/language.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";

/** Texts of the certificates page. */
export const CERTIFICATES = defineTexts("certificates", {
  title: "Certificates",
  lead: "What this gateway shows to others, what its stations show to it, and when each ends.",
  own: "Of this gateway",
  ownLead: "Those of the site CA and of ACME renew themselves.",
  listener: "Listener",
  names: "Names",
  source: "From",
  "source.own": "your files",
  "source.acme": "ACME server",
  "source.site-ca": "site CA",
  ends: "Ends",
  stations: "Of stations",
  stationsLead: "Issued by the site CA for security profile 3.",
  none: "No station certificate was issued",
  noneDo: "A station that climbs to profile 3 gets one by itself; or issue one below for a request that it made.",
  station: "Station",
  serial: "Serial number",
  state: "State",
  "state.good": "Good",
  "state.revoked": "Revoked",
  "state.expired": "Ended",
  revoke: "Revoke",
  revokeSure: "Yes, {station} shall not connect with it any more",
  revoked: "Revoked: {serial}",
  issue: "Issue a certificate",
  issueLead: "The station makes the key and the request; the key never leaves it.",
  csr: "Certificate signing request (PEM)",
  issued: "Certificate for {station}",
  issuedLead: "Install it in the station. It ends on {date}.",
  ca: "Site CA",
  caLead: "Stations must trust this certificate before they can connect with TLS.",
  showCa: "Show it",
  back: "Back to the certificates",
}, {
  title: "Zertifikate",
  lead: "Was dieses Gateway anderen zeigt, was seine Stationen ihm zeigen, und wann jedes endet.",
  own: "Dieses Gateways",
  ownLead: "Die der Site-CA und von ACME erneuern sich selbst.",
  listener: "Anschluss",
  names: "Namen",
  source: "Von",
  "source.own": "Ihren Dateien",
  "source.acme": "ACME-Server",
  "source.site-ca": "Site-CA",
  ends: "Endet",
  stations: "Der Stationen",
  stationsLead: "Von der Site-CA für Sicherheitsprofil 3 ausgestellt.",
  none: "Kein Stationszertifikat ausgestellt",
  noneDo:
    "Eine Station, die auf Profil 3 steigt, bekommt von selbst eines; oder stellen Sie unten eines für ihren Antrag aus.",
  station: "Station",
  serial: "Seriennummer",
  state: "Zustand",
  "state.good": "Gültig",
  "state.revoked": "Widerrufen",
  "state.expired": "Abgelaufen",
  revoke: "Widerrufen",
  revokeSure: "Ja, {station} soll sich damit nicht mehr verbinden",
  revoked: "Widerrufen: {serial}",
  issue: "Zertifikat ausstellen",
  issueLead: "Die Station macht Schlüssel und Antrag; der Schlüssel verlässt sie nie.",
  csr: "Zertifikatsantrag (PEM)",
  issued: "Zertifikat für {station}",
  issuedLead: "In der Station installieren. Es endet am {date}.",
  ca: "Site-CA",
  caLead: "Stationen müssen diesem Zertifikat vertrauen, bevor sie sich mit TLS verbinden können.",
  showCa: "Anzeigen",
  back: "Zurück zu den Zertifikaten",
});

const TONES: Readonly<Record<string, Tone>> = { good: "good", revoked: "bad", expired: "warn" };
const SOON_MS = 30 * 86_400_000;

/** Certificates of the gateway and of its stations. */
export const certificates: Page = {
  path: "/certificates",
  title: { en: "Certificates", de: "Zertifikate" },
  nav: { group: "security", icon: "certificate" },
  needs: listCertificates.needs,
  show: async (visit) => {
    const t = CERTIFICATES.in(visit.language);
    const { person } = visit;
    const all = await listCertificates.call(person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("own")} lead={t("ownLead")} flush>
            <ListenerTable visit={visit} rows={all.listeners} />
          </Card>
          <Card title={t("stations")} lead={t("stationsLead")} flush>
            <IssuedTable visit={visit} rows={all.certificates} />
          </Card>
          {person.may(issueCertificate.needs) && <IssueForm visit={visit} />}
          {person.may(readSiteCa.needs) && (
            <Card title={t("ca")} lead={t("caLead")}>
              <Form action="/certificates/site-ca" token={visit.token}>
                <Submit kind="quiet">{t("showCa")}</Submit>
              </Form>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/certificates/issue", issueCertificate, (visit, { pem, notAfter }, { station }) => {
      const t = CERTIFICATES.in(visit.language);
      return pemPage(visit, t("issued", { station }), t("issuedLead", { date: notAfter.slice(0, 10) }), pem);
    }),
    act("/certificates/site-ca", readSiteCa, (visit, { pem }) => {
      const t = CERTIFICATES.in(visit.language);
      return pemPage(visit, t("ca"), t("caLead"), pem);
    }),
    act("/certificates/:serial/revoke", revokeCertificate, (visit, { revoked }) => ({
      see: "/certificates",
      flash: { tone: "good", text: CERTIFICATES.in(visit.language)("revoked", { serial: revoked.join(", ") }) },
    })),
  ],
};

function pemPage(visit: Visit, title: string, lead: string, pem: string) {
  const links = [{ href: "/certificates", text: CERTIFICATES.in(visit.language)("back") }];
  return { title, body: <ShownOnce title={title} lead={lead} text={pem} links={links} /> };
}

function ListenerTable({ visit, rows }: { visit: Visit; rows: readonly ListenerRow[] }) {
  const t = CERTIFICATES.in(visit.language);
  const from = (source: string) =>
    source === "own" || source === "acme" || source === "site-ca" ? t(`source.${source}`) : source;
  return (
    <Table
      caption={t("own")}
      rows={rows}
      columns={[
        { head: t("listener"), cell: ({ listener }) => listener },
        { head: t("names"), cell: ({ names }) => names.join(", ") },
        { head: t("source"), cell: ({ source }) => from(source) },
        { head: t("ends"), cell: ({ notAfter }) => <Ago at={notAfter} style={visit.time} /> },
      ]}
    />
  );
}

function IssuedTable({ visit, rows }: { visit: Visit; rows: readonly IssuedRow[] }) {
  const t = CERTIFICATES.in(visit.language);
  const word = (state: string) =>
    state === "good" || state === "revoked" || state === "expired" ? t(`state.${state}`) : state;
  const isSoon = ({ state, notAfter }: IssuedRow) =>
    state === "good" && Date.parse(notAfter) - visit.time.now < SOON_MS;
  const ends = (row: IssuedRow) =>
    isSoon(row)
      ? (
        <State tone="warn" icon="clock">
          <Ago at={row.notAfter} style={visit.time} />
        </State>
      )
      : <Time at={row.notAfter} style={visit.time} dateOnly />;
  const mayRevoke = visit.person.may(revokeCertificate.needs);
  return (
    <Table
      caption={t("stations")}
      rows={rows}
      empty={<Empty icon="certificate" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ stationId }) => <a href={`/stations/${encodeURIComponent(stationId)}`}>{stationId}</a>,
        },
        { head: t("serial"), cell: ({ serial }) => <span class="mono small">{serial}</span> },
        { head: t("state"), cell: ({ state }) => <State tone={TONES[state] ?? "off"}>{word(state)}</State> },
        { head: t("ends"), cell: ends },
        ...mayRevoke ? [{ head: "", cell: (row: IssuedRow) => <RevokeForm visit={visit} row={row} /> }] : [],
      ]}
    />
  );
}

function RevokeForm({ visit, row }: { visit: Visit; row: IssuedRow }) {
  if (row.state === "revoked") return null;
  const t = CERTIFICATES.in(visit.language);
  return (
    <Disclosure summary={t("revoke")} small kind="danger">
      <Form action={`/certificates/${encodeURIComponent(row.serial)}/revoke`} token={visit.token}>
        <Checkbox name="sure" label={t("revokeSure", { station: row.stationId })} required />
        <Submit kind="danger" small>{t("revoke")}</Submit>
      </Form>
    </Disclosure>
  );
}

function IssueForm({ visit }: { visit: Visit }) {
  const t = CERTIFICATES.in(visit.language);
  return (
    <Disclosure summary={t("issue")}>
      <p class="small">{t("issueLead")}</p>
      <Form action="/certificates/issue" token={visit.token}>
        <Field name="station" label={t("station")} required maxlength={48} />
        <Field name="csr" label={t("csr")} rows={8} required />
        <Submit>{t("issue")}</Submit>
      </Form>
    </Disclosure>
  );
}
